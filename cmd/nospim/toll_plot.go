package main

import (
	"fmt"
	"image/color"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/nospim/nospim/simulate/toll"
)

// drawToll draws, over what attackers attempted, how much of it was stopped so far and how many honest events were lost meanwhile,
// into a PNG file. On the grey line everything is stopped.
func drawToll(name string, curve []toll.Point) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "Harm stopped", "attempts of attackers", "events"
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	for _, l := range []struct {
		name  string
		value func(toll.Point) int
		color color.Color
	}{
		{"attempted", func(t toll.Point) int { return t.Attempts }, color.Gray{Y: 170}},
		{"stopped", func(t toll.Point) int { return t.Stopped }, color.RGBA{G: 120, A: 255}},
		{"honest events stopped", func(t toll.Point) int { return t.Lost }, color.RGBA{R: 190, A: 255}},
	} {
		points := make(plotter.XYs, len(curve))
		for i, t := range curve {
			points[i] = plotter.XY{X: float64(t.Attempts), Y: float64(l.value(t))}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return fmt.Errorf("drawing: %w", err)
		}
		line.Color, line.Width = l.color, vg.Points(1.5)
		p.Add(line)
		p.Legend.Add(l.name, line)
	}
	w, err := p.WriterTo(18*vg.Centimeter, 12*vg.Centimeter, "png")
	if err != nil {
		return fmt.Errorf("drawing: %w", err)
	}
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("writing the plot: %w", err)
	}
	_, err = w.WriteTo(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("writing the plot: %w", err)
	}
	return nil
}
