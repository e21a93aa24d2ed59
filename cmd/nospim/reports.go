package main

import (
	"context"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

func (forgetful) PutComplaint(context.Context, *record.Complaint) (bool, error) {
	return false, nospim.ErrClosed
}

func (forgetful) Complaints(context.Context, record.ComplaintFilter) ([]record.Complaint, error) {
	return nil, nil
}

func (forgetful) DecideComplaint(context.Context, string, record.Outcome, string, string) error {
	return nospim.ErrNotFound
}

func (forgetful) Instruct(context.Context, nospim.Order, int, time.Duration, string, string) (bool, error) {
	return false, nospim.ErrClosed
}

func (forgetful) PutAbuseContact(context.Context, record.AbuseContact) error { return nospim.ErrClosed }

func (forgetful) AbuseContacts(context.Context) ([]record.AbuseContact, error) { return nil, nil }
