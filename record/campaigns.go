package record

import (
	"context"
	"time"

	"github.com/nospim/nospim"
)

// Campaign is what the store knows of a campaign.
type Campaign struct {
	// Campaign is what was last seen of it; Standing is what a person decided.
	nospim.Campaign

	// Names are those of its texts (see [nospim.CampaignID]): what records call it. There may be more texts than names.
	Names []nospim.CampaignID `json:"names,omitempty"`
	// Decided, By and Reason say when, by whom and why it was condemned or spared.
	Decided time.Time `json:"decided,omitzero"`
	By      string    `json:"by,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

// Campaigns is the part of a [Store] that knows campaigns. What was seen of them is a summary for people, which the memory makes
// again; what people decided stays.
type Campaigns interface {
	// PutCampaigns keeps what was last seen of campaigns. Where campaigns have become one, under the ID of one of them, the others
	// go, and the latest decision about any of them stands.
	PutCampaigns(ctx context.Context, seen []Campaign) error
	// Campaigns returns all campaigns, those that were seen last first.
	Campaigns(ctx context.Context) ([]Campaign, error)
	// DecideCampaign condemns or spares the campaign that bears a name, whether anything was seen of it or not; audited in the same
	// transaction. With the standing "", the decision is taken back.
	DecideCampaign(ctx context.Context, name nospim.CampaignID, standing nospim.Standing, by, reason string) error
	// Retract makes orders to call back messages, each event once: those that were ordered back before are passed over. Of the
	// orders, Service, EventID, WireID, Sender and Recipients are read. It returns how many orders it made; audited in the same transaction
	// if there are any.
	Retract(ctx context.Context, messages []nospim.Order, by, reason string) (int, error)
}
