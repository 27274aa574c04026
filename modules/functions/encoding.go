package functions

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"net/url"
	"unicode/utf8"

	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func encoding() []Entry {
	const group = "encoding"
	return []Entry{
		entry(group, "base64decode(text)", "The text that Base64 encodes.", textFunc("text", base64decode)),
		entry(group, "base64encode(text)", "The text in Base64.", textFunc("text", func(s string) (string, error) {
			return base64.StdEncoding.EncodeToString([]byte(s)), nil
		})),
		entry(group, "base64gzip(text)", "The text compressed and in Base64.", textFunc("text", base64gzip)),
		entry(group, "csvdecode(text)", "A list of objects, one a line; the first line names the attributes.", stdlib.CSVDecodeFunc),
		entry(group, "jsondecode(text)", "The value that JSON writes.", stdlib.JSONDecodeFunc),
		entry(group, "jsonencode(value)", "The value as JSON.", stdlib.JSONEncodeFunc),
		entry(group, "textdecodebase64(text, charset)", "The text that Base64 encodes, in a character set: "+charsets+".", charsetFunc(textdecodebase64)),
		entry(group, "textencodebase64(text, charset)", "The text in a character set, in Base64: "+charsets+".", charsetFunc(textencodebase64)),
		entry(group, "urldecode(text)", "The text that is encoded for use in a URL.", textFunc("text", urldecode)),
		entry(group, "urlencode(text)", "The text for use in a URL.", textFunc("text", func(s string) (string, error) {
			return url.QueryEscape(s), nil
		})),
		entry(group, "yamldecode(text)", "The value that YAML writes.", yaml.YAMLDecodeFunc),
		entry(group, "yamlencode(value)", "The value as YAML.", yaml.YAMLEncodeFunc),
	}
}

func urldecode(s string) (string, error) {
	out, err := url.QueryUnescape(s)
	if err != nil || !utf8.ValidString(out) {
		return "", errors.New("it is not encoded for a URL")
	}
	return out, nil
}

func base64decode(s string) (string, error) {
	out, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", errors.New("it is not Base64")
	}
	if !utf8.Valid(out) {
		return "", errors.New("what it decodes to is not UTF-8 text")
	}
	return string(out), nil
}

func base64gzip(s string) (string, error) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write([]byte(s)); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(buf.Bytes()), nil
}

func hashes() []Entry {
	const group = "hashes"
	return []Entry{
		entry(group, "base64sha256(text)", "The SHA-256 of the text in Base64.", textFunc("text", digest(sha256.New, base64.StdEncoding.EncodeToString))),
		entry(group, "base64sha512(text)", "The SHA-512 of the text in Base64.", textFunc("text", digest(sha512.New, base64.StdEncoding.EncodeToString))),
		entry(group, "md5(text)", "The MD5 of the text in hex.", textFunc("text", digest(md5.New, hex.EncodeToString))),
		entry(group, "sha1(text)", "The SHA-1 of the text in hex.", textFunc("text", digest(sha1.New, hex.EncodeToString))),
		entry(group, "sha256(text)", "The SHA-256 of the text in hex.", textFunc("text", digest(sha256.New, hex.EncodeToString))),
		entry(group, "sha512(text)", "The SHA-512 of the text in hex.", textFunc("text", digest(sha512.New, hex.EncodeToString))),
		entry(group, "uuidv5(namespace, name)", "The UUID of a name in a namespace: dns, url, oid, x500 or a UUID.", uuidFunc()),
	}
}

func digest(newHash func() hash.Hash, encode func([]byte) string) func(string) (string, error) {
	return func(s string) (string, error) {
		h := newHash()
		h.Write([]byte(s))
		return encode(h.Sum(nil)), nil
	}
}
