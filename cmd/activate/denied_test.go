package main_test

import (
	"os/exec"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// newerCalls are system calls that came after Linux 4.18, RHEL 8's.
var newerCalls = []uint32{ //nolint:gochecknoglobals // a constant
	unix.SYS_PIDFD_SEND_SIGNAL, unix.SYS_PIDFD_OPEN, unix.SYS_CLONE3, unix.SYS_CLOSE_RANGE, unix.SYS_OPENAT2,
	unix.SYS_FACCESSAT2, unix.SYS_EPOLL_PWAIT2, unix.SYS_FCHMODAT2,
}

// denied runs cmd with those system calls failing with number, by a filter of
// seccomp(2). The filter is of this thread, which ends with it, and of what it starts.
func denied(cmd *exec.Cmd, number unix.Errno, calls ...uint32) error {
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := deny(number, calls)
		if err == nil {
			err = cmd.Run()
		}
		failed <- err
	}()
	return <-failed
}

func deny(number unix.Errno, calls []uint32) error {
	// See seccomp(2): the number of the call is what seccomp_data begins with.
	const load, jumpIfEqual, answer = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	filter := []unix.SockFilter{{Code: load}}
	for _, call := range calls {
		filter = append(filter, unix.SockFilter{Code: jumpIfEqual, Jf: 1, K: call},
			unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ERRNO | uint32(number)})
	}
	filter = append(filter, unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}
