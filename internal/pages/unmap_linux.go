package pages

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// UnmapProgram lets go of the pages of the program's own file that are mapped, code and constants: starting goes once through most of
// it, serving through little. What is read again is mapped again out of the system's cache of files, which keeps the pages for as long
// as it has room; see madvise(2), MADV_DONTNEED. Where any page was written to, as a loader that relocates does, all stays as it is.
func UnmapProgram() error {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("looking for the program's file: %w", err)
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return fmt.Errorf("reading what is mapped: %w", err)
	}
	defer f.Close()
	var from, to uintptr
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		switch fields := strings.Fields(line); {
		case len(fields) >= 5 && !strings.HasSuffix(fields[0], ":"): // proc_pid_maps(5)
			from, to = 0, 0
			if !strings.Contains(fields[1], "w") && strings.HasSuffix(line, " "+program) {
				_, err = fmt.Sscanf(fields[0], "%x-%x", &from, &to)
			}
		case from < to && fields[0] == "Anonymous:" && fields[1] == "0": // pages that are no longer the file's
			_, _, errno := syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED)
			if errno != 0 {
				err = errno
			}
		}
		if err != nil {
			return fmt.Errorf("unmapping %q: %w", line, err)
		}
	}
	return lines.Err()
}
