package testvm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// The parts of the NBD protocol (doc/proto.md of nbd) that QEMU speaks: the
// fixed newstyle handshake with NBD_OPT_GO, and simple replies.
const (
	nbdMagic       = 0x4e42444d41474943
	nbdOption      = 0x49484156454f5054
	nbdOptionReply = 0x3e889045565a9
	nbdRequest     = 0x25609513
	nbdReply       = 0x67446698

	nbdFixedNoZeroes = 3
	nbdOptionGo      = 7
	nbdAck           = 1
	nbdInfo          = 3
	nbdUnsupported   = 1<<31 + 1

	// NBD_FLAG_HAS_FLAGS, _SEND_FLUSH and _SEND_FUA.
	nbdFlags = 1 | 4 | 8

	nbdRead, nbdWrite, nbdDisconnect, nbdFlush = 0, 1, 2, 3
	nbdForce                                   = 1
	nbdIOError, nbdInvalid                     = 5, 22
	nbdMaxRequest                              = 32 << 20
)

// serveNBD lets the client at c use d until it goes.
func serveNBD(c net.Conn, d *volatileDisk) error {
	if err := nbdHandshake(c, d.size); err != nil {
		return fmt.Errorf("cannot agree with QEMU on a disk: %w", err)
	}
	for {
		var head struct {
			Magic         uint32
			Flags, Type   uint16
			Handle, At    uint64
			RequestedSize uint32
		}
		err := binary.Read(c, binary.BigEndian, &head)
		switch {
		case errors.Is(err, io.EOF), err == nil && head.Type == nbdDisconnect:
			return nil
		case err != nil:
			return err
		case head.Magic != nbdRequest || head.RequestedSize > nbdMaxRequest:
			return errors.New("cannot serve QEMU's disk: it sent no request")
		}
		data := make([]byte, head.RequestedSize)
		if head.Type == nbdWrite {
			if _, err := io.ReadFull(c, data); err != nil {
				return err
			}
		}
		if d.stopped() {
			// No answer: whoever halted it ends QEMU now.
			continue
		}
		code := d.request(head.Type, head.Flags, data, int64(head.At))
		reply := binary.BigEndian.AppendUint32(nil, nbdReply)
		reply = binary.BigEndian.AppendUint32(reply, code)
		reply = binary.BigEndian.AppendUint64(reply, head.Handle)
		if head.Type == nbdRead && code == 0 {
			reply = append(reply, data...)
		}
		if _, err := c.Write(reply); err != nil {
			return err
		}
	}
}

// request does what the client asks for and gives NBD's error number.
func (d *volatileDisk) request(kind, flags uint16, data []byte, at int64) uint32 {
	var err error
	switch kind {
	case nbdRead:
		_, err = d.ReadAt(data, at)
	case nbdWrite:
		_, err = d.WriteAt(data, at)
		if err == nil && flags&nbdForce != 0 {
			d.force(at, int64(len(data)))
		}
	case nbdFlush:
		d.Flush()
	default:
		return nbdInvalid
	}
	if err != nil {
		return nbdIOError
	}
	return 0
}

// nbdHandshake tells the client of the one disk there is.
func nbdHandshake(c net.Conn, size int64) error {
	hello := binary.BigEndian.AppendUint64(nil, nbdMagic)
	hello = binary.BigEndian.AppendUint64(hello, nbdOption)
	hello = binary.BigEndian.AppendUint16(hello, nbdFixedNoZeroes)
	if _, err := c.Write(hello); err != nil {
		return err
	}
	var clientFlags uint32
	if err := binary.Read(c, binary.BigEndian, &clientFlags); err != nil {
		return err
	}
	for {
		var option struct {
			Magic        uint64
			Option, Size uint32
		}
		if err := binary.Read(c, binary.BigEndian, &option); err != nil {
			return err
		}
		if option.Magic != nbdOption || option.Size > 1<<16 {
			return errors.New("it sent no option")
		}
		if _, err := io.CopyN(io.Discard, c, int64(option.Size)); err != nil {
			return err
		}
		if option.Option == nbdOptionGo {
			return nbdGo(c, size)
		}
		if err := nbdAnswer(c, option.Option, nbdUnsupported, nil); err != nil {
			return err
		}
	}
}

func nbdGo(c net.Conn, size int64) error {
	export := binary.BigEndian.AppendUint16(nil, 0) // NBD_INFO_EXPORT
	export = binary.BigEndian.AppendUint64(export, uint64(size))
	export = binary.BigEndian.AppendUint16(export, nbdFlags)
	if err := nbdAnswer(c, nbdOptionGo, nbdInfo, export); err != nil {
		return err
	}
	return nbdAnswer(c, nbdOptionGo, nbdAck, nil)
}

func nbdAnswer(c net.Conn, option, kind uint32, data []byte) error {
	b := binary.BigEndian.AppendUint64(nil, nbdOptionReply)
	b = binary.BigEndian.AppendUint32(b, option)
	b = binary.BigEndian.AppendUint32(b, kind)
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	_, err := c.Write(append(b, data...))
	return err
}
