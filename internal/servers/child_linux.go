package servers

import "syscall"

// dieWithUs has the kernel end a child when the program that started it is gone without having closed it.
func dieWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
