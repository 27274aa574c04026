package functions

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

const charsets = "UTF-8, UTF-16LE, UTF-16BE, ISO-8859-1 and US-ASCII"

// charsetFunc is a function of a text and the IANA name of a character set.
func charsetFunc(f func(text, charset string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParam("text"), textParam("charset")},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			out, err := f(args[0].AsString(), strings.ToUpper(args[1].AsString()))
			if err != nil {
				return cty.NilVal, err
			}
			return cty.StringVal(out), nil
		},
	})
}

func unknownCharset() error {
	return function.NewArgErrorf(1, "the character sets are %s", charsets)
}

func textencodebase64(text, charset string) (string, error) {
	raw, err := encodeCharset(text, charset)
	return base64.StdEncoding.EncodeToString(raw), err
}

func encodeCharset(text, charset string) ([]byte, error) {
	switch charset {
	case "UTF-8":
		return []byte(text), nil
	case "UTF-16LE":
		return encodeUTF16(text, binary.LittleEndian), nil
	case "UTF-16BE":
		return encodeUTF16(text, binary.BigEndian), nil
	case "ISO-8859-1":
		return encodeBytes(text, 0xff)
	case "US-ASCII":
		return encodeBytes(text, 0x7f)
	}
	return nil, unknownCharset()
}

func encodeUTF16(text string, order binary.AppendByteOrder) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

func encodeBytes(text string, last rune) ([]byte, error) {
	var out []byte
	for _, r := range text {
		if r > last {
			return nil, function.NewArgErrorf(0, "it holds a character that the character set lacks")
		}
		out = append(out, byte(r))
	}
	return out, nil
}

func textdecodebase64(text, charset string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errors.New("it is not Base64")
	}
	return decodeCharset(raw, charset)
}

func decodeCharset(raw []byte, charset string) (string, error) {
	bad := function.NewArgErrorf(0, "what it decodes to is not text in that character set")
	switch charset {
	case "UTF-8":
		if !utf8.Valid(raw) {
			return "", bad
		}
		return string(raw), nil
	case "UTF-16LE", "UTF-16BE":
		if len(raw)%2 != 0 {
			return "", bad
		}
		return decodeUTF16(raw, charset), nil
	case "ISO-8859-1", "US-ASCII":
		out := make([]rune, len(raw))
		for i, b := range raw {
			if charset == "US-ASCII" && b > 0x7f {
				return "", bad
			}
			out[i] = rune(b)
		}
		return string(out), nil
	}
	return "", unknownCharset()
}

func decodeUTF16(raw []byte, charset string) string {
	var order binary.ByteOrder = binary.LittleEndian
	if charset == "UTF-16BE" {
		order = binary.BigEndian
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = order.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(units))
}
