package memory_test

import (
	"testing"

	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/memory/memorytest"
)

func TestContract(t *testing.T) {
	memorytest.Run(t, func(*testing.T) memory.Memory { return memory.New(memory.Limits{Cells: 50_000, Events: 10_000}) })
}
