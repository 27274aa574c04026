package testvm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// Where an image has what of itself, by the header of Linux's boot protocol
// (Documentation/arch/x86/boot.rst).
const (
	setupSectors  = 0x1f1
	payloadOffset = 0x248
	payloadLength = 0x24c
	sectorSize    = 512
)

// unpacked gives a kernel of the tree that need not unpack itself, which takes
// two seconds of each boot in emulation where it is zstd that packed it. QEMU
// starts that one by its PVH note. Any other image is given as it is.
func unpacked(tree, image string) (string, error) {
	lock, err := lockFile(tree+".lock", unix.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	plain := tree + ".vmlinux"
	if _, err := os.Lstat(plain); !errors.Is(err, fs.ErrNotExist) {
		return plain, err
	}
	whole, err := os.ReadFile(image)
	if err != nil {
		return "", err
	}
	packed, ok := payload(whole)
	if !ok || !bytes.HasPrefix(packed, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
		return image, nil
	}
	cmd := exec.Command("zstd", "-dcq")
	cmd.Stdin = bytes.NewReader(packed)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot unpack %s: zstd: %w", image, err)
	}
	if err := os.WriteFile(plain+".new", out, 0o644); err != nil {
		return "", err
	}
	return plain, os.Rename(plain+".new", plain)
}

// payload gives the compressed kernel in an image. The unpacked size stands in
// its last four bytes and is no part of the compression's format.
func payload(image []byte) ([]byte, bool) {
	if len(image) < payloadLength+4 {
		return nil, false
	}
	start := (int(image[setupSectors]) + 1) * sectorSize
	at := start + int(binary.LittleEndian.Uint32(image[payloadOffset:]))
	end := at + int(binary.LittleEndian.Uint32(image[payloadLength:])) - 4
	if at > end || end > len(image) {
		return nil, false
	}
	return image[at:end], true
}
