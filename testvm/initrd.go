package testvm

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// modules are those that a virtual machine needs before its root.
var modules = [...]string{"virtio_pci", "virtio_blk", "virtio_console", "virtio_net"}

// kernel gives the tree's kernel image and its version.
func kernel(tree string) (image, version string, err error) {
	images, _ := filepath.Glob(filepath.Join(tree, "boot", "vmlinuz-*"))
	if len(images) == 0 {
		return "", "", fmt.Errorf("there is no kernel in %s/boot", tree)
	}
	slices.Sort(images)
	image = images[len(images)-1]
	return image, strings.TrimPrefix(filepath.Base(image), "vmlinuz-"), nil
}

// writeInitrd writes the initial RAM disk for the tree: the agent as /init, and
// the modules. Debian's own takes six seconds in emulation.
func writeInitrd(to, tree, version string) error {
	agent, err := buildAgent()
	if err != nil {
		return err
	}
	var a cpio
	a.directory("dev")
	a.directory("root")
	a.directory("modules")
	a.file("init", agent, 0o755)
	dir := filepath.Join(tree, "lib/modules", version)
	paths, err := moduleOrder(dir)
	if err != nil {
		return err
	}
	var order strings.Builder
	for _, p := range paths {
		content, err := moduleBytes(filepath.Join(dir, p))
		if err != nil {
			return err
		}
		fmt.Fprintln(&order, filepath.Base(p))
		a.file("modules/"+filepath.Base(p), content, 0o644)
	}
	a.file("modules/order", []byte(order.String()), 0o644)
	return os.WriteFile(to, a.end(), 0o644)
}

// buildAgent builds the agent; the go command does nothing when it is there.
func buildAgent() ([]byte, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(cache, "agent.lock"), unix.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Close() }()
	agent := filepath.Join(cache, "agent")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", agent, "github.com/activate-agent/activate/testvm/agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cannot build the agent: %w\n%s", err, out)
	}
	return os.ReadFile(agent)
}

// moduleOrder gives the modules' files, what they need first, from
// modules.dep(5). What is not there is built into the kernel.
func moduleOrder(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "modules.dep"))
	if err != nil {
		return nil, err
	}
	var order []string
	for _, name := range modules {
		for line := range strings.Lines(string(text)) {
			file, needs, _ := strings.Cut(strings.TrimSpace(line), ":")
			if base, _, _ := strings.Cut(filepath.Base(file), "."); base != name {
				continue
			}
			all := append([]string{file}, strings.Fields(needs)...)
			for _, p := range slices.Backward(all) {
				if !slices.Contains(order, p) {
					order = append(order, p)
				}
			}
		}
	}
	return order, nil
}

func moduleBytes(path string) ([]byte, error) {
	if !strings.HasSuffix(path, ".xz") {
		return os.ReadFile(path)
	}
	out, err := exec.Command("xz", "-dc", path).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("xz: %w: %s", err, exit.Stderr)
	}
	return out, err
}

// cpio is an archive in the form the kernel unpacks, "newc" of cpio(5).
type cpio struct {
	bytes.Buffer
	inode int
}

func (a *cpio) directory(name string) { a.entry(name, nil, unix.S_IFDIR|0o755) }

func (a *cpio) file(name string, content []byte, perm int) {
	a.entry(name, content, unix.S_IFREG|perm)
}

func (a *cpio) entry(name string, content []byte, mode int) {
	a.inode++
	fmt.Fprintf(a, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		a.inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name)+1, 0)
	a.WriteString(name + "\x00")
	a.pad()
	a.Write(content)
	a.pad()
}

func (a *cpio) pad() {
	for a.Len()%4 != 0 {
		a.WriteByte(0)
	}
}

func (a *cpio) end() []byte {
	a.entry("TRAILER!!!", nil, 0)
	return a.Bytes()
}
