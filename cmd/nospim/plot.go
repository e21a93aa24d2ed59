package main

import (
	"bytes"
	"fmt"
	"image/color"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/nospim/nospim/model"
)

// drawCurves draws the ROC and the reliability curve side by side into a PNG file.
func drawCurves(name string, scored []model.Scored) error {
	roc, err := rocPlot(scored)
	if err != nil {
		return fmt.Errorf("drawing: %w", err)
	}
	reliability, err := reliabilityPlot(scored)
	if err != nil {
		return fmt.Errorf("drawing: %w", err)
	}
	const width, height = 28 * vg.Centimeter, 14 * vg.Centimeter
	img := vgimg.New(width, height)
	canvas := draw.New(img)
	roc.Draw(draw.Crop(canvas, 0, -width/2, 0, 0))
	reliability.Draw(draw.Crop(canvas, width/2, 0, 0, 0))
	var b bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: img}).WriteTo(&b); err != nil {
		return fmt.Errorf("drawing: %w", err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil { //nolint:gosec // a picture for whoever may see it
		return fmt.Errorf("writing the plot: %w", err)
	}
	return nil
}

// rocPlot draws spam caught over ham blocked, blocked from 0 to 2 %: nobody would use more.
func rocPlot(scored []model.Scored) (*plot.Plot, error) {
	const most = 2.0
	spam, ham := 0, 0
	for _, s := range scored {
		if s.Spam {
			spam++
		} else {
			ham++
		}
	}
	var points plotter.XYs
	for _, p := range model.Curve(scored) {
		x, y := 100*float64(p.Blocked)/float64(max(1, ham)), 100*float64(p.Caught)/float64(max(1, spam))
		if x > most {
			break
		}
		if n := len(points); n > 0 {
			points = append(points, plotter.XY{X: x, Y: points[n-1].Y}) // a step, not a slope
		}
		points = append(points, plotter.XY{X: x, Y: y})
	}
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "ROC", "ham blocked, %", "spam caught, %"
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, most, 0, 100
	line, err := plotter.NewLine(points)
	if err != nil {
		return nil, err
	}
	line.Width, line.Color = vg.Points(1.5), color.RGBA{B: 160, A: 255}
	p.Add(plotter.NewGrid(), line)
	return p, nil
}

// reliabilityPlot draws the share of spam over the score: on the diagonal, scores mean what they say.
func reliabilityPlot(scored []model.Scored) (*plot.Plot, error) {
	bins, ece := model.Reliability(scored)
	points := make(plotter.XYs, len(bins))
	for i, b := range bins {
		points[i] = plotter.XY{X: b.Mean, Y: b.Share}
	}
	p := plot.New()
	p.Title.Text = fmt.Sprintf("Reliability (expected calibration error %.4f)", ece)
	p.X.Label.Text, p.Y.Label.Text = "score", "share of spam"
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	diagonal, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}})
	if err != nil {
		return nil, err
	}
	diagonal.Color = color.Gray{Y: 160}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return nil, err
	}
	line.Color = color.RGBA{B: 160, A: 255}
	p.Add(plotter.NewGrid(), diagonal, line, dots)
	return p, nil
}
