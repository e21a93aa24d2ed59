package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"strconv"

	"github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"

	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/simulate/toll"
)

// drawCurves draws the ROC and the reliability curve side by side into a PNG file.
func drawCurves(name string, scored []model.Scored) error {
	return writePlot(name, rocPlot(scored), reliabilityPlot(scored))
}

// rocPlot draws spam caught over ham blocked, blocked from 0 to 2 %: nobody would use more.
func rocPlot(scored []model.Scored) plot {
	const most = 2.0
	spam, ham := 0, 0
	for _, s := range scored {
		if s.Spam {
			spam++
		} else {
			ham++
		}
	}
	roc := series{color: blue}
	for _, p := range model.Curve(scored) {
		x, y := 100*float64(p.Blocked)/float64(max(1, ham)), 100*float64(p.Caught)/float64(max(1, spam))
		if x > most {
			break
		}
		if n := len(roc.y); n > 0 {
			roc.add(x, roc.y[n-1]) // a step, not a slope
		}
		roc.add(x, y)
	}
	return plot{title: "ROC", x: axis{"ham blocked, %", most}, y: axis{"spam caught, %", 100}, lines: []series{roc}}
}

// reliabilityPlot draws the share of spam over the score: on the diagonal, scores mean what they say.
func reliabilityPlot(scored []model.Scored) plot {
	bins, ece := model.Reliability(scored)
	diagonal, curve := series{color: grey}, series{color: blue, dots: true}
	diagonal.add(0, 0)
	diagonal.add(1, 1)
	for _, b := range bins {
		curve.add(b.Mean, b.Share)
	}
	return plot{
		title: fmt.Sprintf("Reliability (expected calibration error %.4f)", ece),
		x:     axis{"score", 1}, y: axis{"share of spam", 1}, lines: []series{diagonal, curve},
	}
}

// drawToll draws, over what attackers attempted, how much of it was stopped so far and how many honest events were lost meanwhile,
// into a PNG file. On the grey line everything is stopped.
func drawToll(name string, curve []toll.Point) error {
	attempted, stopped, lost := series{name: "attempted", color: grey}, series{name: "stopped", color: green}, series{name: "honest events stopped", color: red}
	most := 1.0
	for _, t := range append([]toll.Point{{}}, curve...) {
		x := float64(t.Attempts)
		attempted.add(x, x)
		stopped.add(x, float64(t.Stopped))
		lost.add(x, float64(t.Lost))
		most = max(most, x, float64(t.Lost))
	}
	return writePlot(name, plot{
		title: "Harm stopped", x: axis{"attempts of attackers", max(1, attempted.x[len(attempted.x)-1])}, y: axis{"events", most},
		lines: []series{attempted, stopped, lost}, legend: true,
	})
}

// plot is lines over two axes that begin at 0.
type plot struct {
	title  string
	x, y   axis
	lines  []series
	legend bool
}

// axis is what an axis is called and where it ends, above 0.
type axis struct {
	name string
	most float64
}

// series is one line of a plot, through points.
type series struct {
	name  string
	color drawing.Color
	dots  bool
	x, y  []float64
}

func (s *series) add(x, y float64) { s.x, s.y = append(s.x, x), append(s.y, y) }

// The colours of lines.
var (
	grey  = drawing.Color{R: 170, G: 170, B: 170, A: 255}
	blue  = drawing.Color{B: 160, A: 255}
	green = drawing.Color{G: 120, A: 255}
	red   = drawing.Color{R: 190, A: 255}
)

// How large a plot is, in pixels.
const plotWidth, plotHeight = 680, 480

// writePlot draws plots beside each other into a PNG file.
func writePlot(name string, plots ...plot) error {
	all := image.NewRGBA(image.Rect(0, 0, plotWidth*len(plots), plotHeight))
	for i, p := range plots {
		img, err := p.draw()
		if err != nil {
			return fmt.Errorf("drawing: %w", err)
		}
		draw.Draw(all, img.Bounds().Add(image.Pt(i*plotWidth, 0)), img, image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, all); err != nil {
		return fmt.Errorf("drawing: %w", err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil { //nolint:gosec // a picture for whoever may see it
		return fmt.Errorf("writing the plot: %w", err)
	}
	return nil
}

func (p *plot) draw() (image.Image, error) {
	c := chart.Chart{
		Title: p.title, TitleStyle: chart.Style{FontSize: 12}, Width: plotWidth, Height: plotHeight,
		Background: chart.Style{Padding: chart.Box{Top: 44, Left: 16, Right: 16, Bottom: 8}},
		XAxis: chart.XAxis{
			Name: p.x.name, Ticks: p.x.ticks(), GridMajorStyle: gridStyle(), GridMinorStyle: gridStyle(),
		},
		YAxis: chart.YAxis{
			Name: p.y.name, Ticks: p.y.ticks(), GridMajorStyle: gridStyle(), GridMinorStyle: gridStyle(),
		},
	}
	for _, l := range p.lines {
		style := chart.Style{StrokeColor: l.color, StrokeWidth: 2}
		if l.dots {
			style.DotColor, style.DotWidth = l.color, 3
		}
		if len(l.x) > 0 {
			c.Series = append(c.Series, chart.ContinuousSeries{Name: l.name, Style: style, XValues: l.x, YValues: l.y})
		}
	}
	if p.legend {
		c.Elements = []chart.Renderable{chart.Legend(&c)}
	}
	var w chart.ImageWriter
	if err := c.Render(chart.PNG, &w); err != nil {
		return nil, err
	}
	return w.Image()
}

// ticks are five to ten round numbers from 0 to where the axis ends, or to the next one after that.
func (a axis) ticks() []chart.Tick {
	step := math.Pow(10, math.Ceil(math.Log10(a.most))-1) // at most ten of them
	switch {
	case a.most <= 2*step:
		step /= 5
	case a.most <= 5*step:
		step /= 2
	}
	var ticks []chart.Tick
	for i := range int(math.Ceil(a.most/step)) + 1 {
		at := float64(i) * step
		ticks = append(ticks, chart.Tick{Value: at, Label: strconv.FormatFloat(at, 'g', 10, 64)})
	}
	return ticks
}

func gridStyle() chart.Style {
	return chart.Style{StrokeColor: drawing.ColorFromAlphaMixedRGBA(color.Gray{Y: 225}.RGBA()), StrokeWidth: 1}
}
