package pages

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestUnmapProgram maps the program's file once more and reads all of it: its pages go, and are there again when they are read. A
// page that was written to stays as it was written.
func TestUnmapProgram(t *testing.T) {
	name, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	read := mapped(t, name, syscall.PROT_READ)
	written := mapped(t, name, syscall.PROT_READ|syscall.PROT_WRITE)
	copy(written, "written")
	if err := syscall.Mprotect(written, syscall.PROT_READ); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read, want) {
		t.Fatal("the map is not the file")
	}
	before := resident(t)
	if err := UnmapProgram(); err != nil {
		t.Fatal(err)
	}
	if after := resident(t); after > before-len(want)/2 {
		t.Errorf("%d bytes of files are mapped, %d before, of a file of %d", after, before, len(want))
	}
	if !bytes.Equal(read, want) {
		t.Error("what was unmapped is not what it was")
	}
	if !bytes.HasPrefix(written, []byte("written")) {
		t.Error("what was written is lost")
	}
}

// mapped is a file in memory, private to this process.
func mapped(t *testing.T, name string, protection int) []byte {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(st.Size()), protection, syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(b) })
	return b
}

// resident is how many bytes of files this process has mapped and in memory.
func resident(t *testing.T) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "RssFile:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}
