package detect_test

import (
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

// paced is messages with pauses in seconds between them, of sizes in turn; the last is the event's own.
func paced(with uint32, sizes []uint32, pauses ...float64) (f nospim.Fact) {
	at := int64(1772388000123)
	for i, p := range pauses {
		at += int64(p * 1000)
		item := nospim.Item{At: at, Of: sizes[i%len(sizes)], With: with}
		if f.Own = item; i < len(pauses)-1 {
			f.Recent = append(f.Recent, item)
		}
	}
	return f
}

func TestTiming(t *testing.T) {
	sizes := []uint32{31, 12, 80, 45, 22, 9, 61}
	person := []float64{0, 12.4, 31.0, 25.7, 9.3, 7.1, 40.2, 55.9, 6.2, 28.8, 19.9, 16.1, 11.7, 70.3, 33.3, 8.8, 14.9, 22.2, 47.7, 5.1, 18.2}
	beat := make([]float64, 21)
	even, wide := make([]float64, 21), make([]float64, 15)
	for i := range beat {
		beat[i] = 20 + 0.01*float64(i%3)
		even[i] = 20 + 20*float64(i*7%11)/11
	}
	for i := range wide {
		wide[i] = 20 + 30*float64(i*7%11)/11
	}
	seconds := paced(1, sizes, 0, 18, 21, 19, 20, 22, 18, 20, 19, 21, 20, 19, 18, 22, 20, 21)
	for i := range seconds.Recent {
		seconds.Recent[i].At -= 123
	}
	seconds.Own.At -= 123
	minutes := paced(1, sizes, 0, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60)
	for i := range minutes.Recent {
		minutes.Recent[i].At -= 1772388000123 % 60_000
	}
	minutes.Own.At -= 1772388000123 % 60_000
	all := []string{"TIMING_MACHINE", "TIMING_ODD"}
	room := nospim.Event{Kind: nospim.KindMessage, Room: "tea@rooms.example"}
	detecttest.Run(t, detect.Timing{}, []detecttest.Case{
		{Name: "a beat of 20 seconds", Event: message(nospim.RelationContact), Recalled: []nospim.Fact{paced(1, sizes, beat...)}, Want: []string{"TIMING_MACHINE"}},
		{Name: "a beat in a room", Event: room, Recalled: []nospim.Fact{paced(0, sizes, beat...)}, Want: []string{"TIMING_MACHINE"}},
		{Name: "pauses from a narrow range", Event: message(nospim.RelationContact), Recalled: []nospim.Fact{paced(1, sizes, even...)}, Want: []string{"TIMING_MACHINE"}},
		{Name: "pauses from a wider range", Event: message(nospim.RelationContact), Recalled: []nospim.Fact{paced(1, []uint32{40}, wide...)}, Want: []string{"TIMING_ODD"}, Not: all[:1]},
		{Name: "a person", Event: message(nospim.RelationContact), Recalled: []nospim.Fact{paced(1, sizes, person...)}, Not: all},
		{Name: "ten messages tell nothing", Event: message(nospim.RelationContact), Recalled: []nospim.Fact{paced(1, sizes, beat[:10]...)}, Not: all},
		{Name: "a clock of minutes tells nothing", Event: message(nospim.RelationContact), Recalled: []nospim.Fact{minutes}, Not: all},
		{Name: "a clock of seconds repeats by itself", Event: message(nospim.RelationContact), Recalled: []nospim.Fact{seconds}, Want: []string{"TIMING_MACHINE"}},
		{Name: "requests are no talk", Event: nospim.Event{Kind: nospim.KindContactRequest}, Recalled: []nospim.Fact{paced(1, sizes, beat...)}, Not: all},
	})
}
