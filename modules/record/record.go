// Package record writes any plain Go value as bytes and reads it back exactly,
// fields that have no place in JSON and pointers to zero values included.
//
// It owns a format that only the same program reads again: struct fields stand
// in their order, without names. It refuses kinds a plain value does not have
// (interfaces, functions, channels); bytes it did not write are an error and
// never a panic.
package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

var errDamaged = errors.New("cannot read record: it is damaged")

// Encode gives v as bytes, the same for equal values. It panics when v's type
// is none of plain values.
func Encode(v any) []byte { return appendValue(nil, reflect.ValueOf(v)) }

// Decode reads what Encode wrote of a T. It errors when the bytes are no T.
func Decode[T any](b []byte) (T, error) {
	var out T
	d := &decoder{in: b}
	d.value(reflect.ValueOf(&out).Elem())
	if d.err == nil && len(d.in) > 0 {
		d.err = errDamaged
	}
	return out, d.err
}

func appendValue(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case reflect.Int, reflect.Int64, reflect.Int32:
		return binary.AppendVarint(b, v.Int())
	case reflect.Uint32, reflect.Uint64, reflect.Uint8:
		return binary.AppendUvarint(b, v.Uint())
	case reflect.String:
		return append(binary.AppendUvarint(b, uint64(v.Len())), v.String()...)
	case reflect.Struct:
		for i := range v.NumField() { //nolint:modernize // Fields describes each field anew, which takes a third of the time
			b = appendValue(b, v.Field(i))
		}
		return b
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0)
		}
		return appendValue(append(b, 1), v.Elem())
	case reflect.Slice:
		return appendSlice(b, v)
	case reflect.Map:
		return appendMap(b, v)
	default:
		panic(fmt.Sprintf("internal error: cannot record a %s", v.Type()))
	}
}

func appendSlice(b []byte, v reflect.Value) []byte {
	if v.IsNil() {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(v.Len())+1)
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return append(b, v.Bytes()...)
	}
	for i := range v.Len() {
		b = appendValue(b, v.Index(i))
	}
	return b
}

func appendMap(b []byte, v reflect.Value) []byte {
	if v.IsNil() {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(v.Len())+1)
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		b = appendValue(appendValue(b, k), v.MapIndex(k))
	}
	return b
}

type decoder struct {
	in  []byte
	err error
}

func (d *decoder) fail() { d.err = errDamaged }

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.in)
	if size <= 0 || d.err != nil {
		d.fail()
		return 0
	}
	d.in = d.in[size:]
	return n
}

// length reads a count and refuses one that the rest cannot hold, so that
// damaged bytes do not ask for much memory. Every element takes a byte at
// least, except empty structs, which plain values do not have.
func (d *decoder) length() int {
	n := d.uvarint()
	if n > uint64(len(d.in))+1 {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) bytes(n int) []byte {
	if n > len(d.in) || d.err != nil {
		d.fail()
		return nil
	}
	out := d.in[:n]
	d.in = d.in[n:]
	return out
}

func (d *decoder) value(v reflect.Value) {
	if d.err != nil {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(d.uvarint() == 1)
	case reflect.Int, reflect.Int64, reflect.Int32:
		n, size := binary.Varint(d.in)
		if size <= 0 || v.OverflowInt(n) {
			d.fail()
			return
		}
		d.in = d.in[size:]
		v.SetInt(n)
	case reflect.Uint32, reflect.Uint64, reflect.Uint8:
		n := d.uvarint()
		if v.OverflowUint(n) {
			d.fail()
			return
		}
		v.SetUint(n)
	case reflect.String:
		v.SetString(string(d.bytes(d.length())))
	case reflect.Struct:
		for i := range v.NumField() { //nolint:modernize // as in appendValue
			d.value(v.Field(i))
		}
	case reflect.Pointer:
		if d.uvarint() == 1 {
			v.Set(reflect.New(v.Type().Elem()))
			d.value(v.Elem())
		}
	case reflect.Slice:
		d.slice(v)
	case reflect.Map:
		d.mapping(v)
	default:
		panic(fmt.Sprintf("internal error: cannot read a %s", v.Type()))
	}
}

func (d *decoder) slice(v reflect.Value) {
	n := d.length()
	if n == 0 || d.err != nil {
		return
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		v.SetBytes(bytes.Clone(d.bytes(n - 1)))
		if v.IsNil() {
			v.SetBytes([]byte{})
		}
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, min(n-1, 1024)))
	for i := range n - 1 {
		if i == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(i + 1)
		d.value(v.Index(i))
		if d.err != nil {
			return
		}
	}
}

func (d *decoder) mapping(v reflect.Value) {
	n := d.length()
	if n == 0 || d.err != nil {
		return
	}
	out := reflect.MakeMap(v.Type())
	for range n - 1 {
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		d.value(k)
		d.value(e)
		if d.err != nil {
			return
		}
		out.SetMapIndex(k, e)
	}
	v.Set(out)
}
