//go:build !linux

package servers

import "syscall"

// dieWithUs does nothing where the kernel cannot do it.
func dieWithUs() *syscall.SysProcAttr { return nil }
