package model_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nospim/nospim/model"
)

func TestLinesErrors(t *testing.T) {
	for name, c := range map[string]struct {
		line, field, problem string
	}{
		"no label":        {`{"text":"a"}`, "label", "missing"},
		"another label":   {`{"label":"maybe","text":"a"}`, "label", `"maybe"`},
		"no text":         {`{"label":"spam"}`, "text", "missing"},
		"empty text":      {`{"label":"spam","text":" "}`, "text", "empty"},
		"broken":          {`{"label":"spam","te`, "", "no JSON"},
		"wrong type":      {`{"label":"spam","text":7}`, "text", "number"},
		"empty turn":      {`{"label":"ham","turns":[{"text":"a"},{"text":""}]}`, "turns[1].text", "empty"},
		"not UTF-8":       {"{\"label\":\"ham\",\"text\":\"\xff\"}", "", "UTF-8"},
		"wrong category":  {`{"label":"spam","text":"a","category":"x"}`, "category", `"x"`},
		"bot with a text": {`{"label":"bot","text":"a"}`, "label", `"bot"`},
	} {
		t.Run(name, func(t *testing.T) {
			in := `{"label":"ham","text":"fine"}` + "\n\n" + c.line + "\n" + `{"label":"spam","text":"after","more":[1]}`
			l := model.Lines{Name: "x.jsonl"}
			_, err := l.Read(strings.NewReader(in))
			var bad *model.LineError
			if !errors.As(err, &bad) || bad.Line != 3 || bad.Name != "x.jsonl" || bad.Field != c.field || !strings.Contains(bad.Problem, c.problem) {
				t.Fatalf("error %v; want line 3, field %q, %q", err, c.field, c.problem)
			}
			told := 0
			l = model.Lines{Name: "x.jsonl", SkipBad: true, Told: func(error) { told++ }}
			got, err := l.Read(strings.NewReader(in))
			if err != nil || len(got) != 2 || l.Skipped != 1 || told != 1 || got[1].Text != "after" || !got[1].Spam || got[1].Line != 4 {
				t.Errorf("skipping: %+v, %v, skipped %d, told %d", got, err, l.Skipped, told)
			}
		})
	}
}

func TestLinesOfConversations(t *testing.T) {
	in := `{"label":"spam","id":"c","turns":[{"from":"B","kind":"bot","text":"hi"},{"from":"A","kind":"typed","text":"who?"}]}
{"label":"bot","id":"d","turns":[{"from":"B","kind":"bot","text":"hello"}]}`
	l := model.Lines{Source: "s"}
	got, err := l.Read(strings.NewReader(in))
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	if !got[0].Spam || got[1].Spam || got[2].Spam || got[1].Turn != 2 || got[0].Group != got[1].Group || got[0].Group == got[2].Group {
		t.Errorf("%+v", got)
	}
}

func FuzzLines(f *testing.F) {
	f.Add(`{"label":"ham","text":"fine"}`)
	f.Add(`{"label":"ham","turns":[{"text":"a"}]}` + "\n{")
	f.Fuzz(func(t *testing.T, in string) {
		l := model.Lines{SkipBad: true}
		got, err := l.Read(strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got {
			if strings.TrimSpace(s.Text) == "" {
				t.Fatalf("an empty text from %q", in)
			}
		}
	})
}
