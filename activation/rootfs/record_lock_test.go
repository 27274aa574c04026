package rootfs_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/rootfs"
)

// holds is the first argument of this program as another one, which holds the
// record lock of the directory that is the second until its input ends.
const holds = "hold-record-lock"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == holds {
		if err := hold(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func hold(dir string) error {
	r, err := rootfs.Open(dir)
	if err != nil {
		return err
	}
	lock, err := r.RecordLock(context.Background(), ".pwd.lock", 0)
	if err != nil {
		return err
	}
	fmt.Println("held")
	_, err = bufio.NewReader(os.Stdin).ReadString('\n')
	return errors.Join(err, lock.Unlock())
}

// TestTheHolderOfARecordLockIsNamed has another process hold it.
func TestTheHolderOfARecordLockIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := exec.Command(os.Args[0], holds, dir)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if said, err := bufio.NewReader(out).ReadString('\n'); said != "held\n" {
		t.Fatalf("%q, %v", said, err)
	}
	r, err := rootfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	_, err = r.RecordLock(context.Background(), ".pwd.lock", 0)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("pid %d (rootfs.test) holds it", other.Process.Pid)) {
		t.Errorf("got %v", err)
	}
	if _, err := in.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	if err := other.Wait(); err != nil {
		t.Fatal(err)
	}
}
