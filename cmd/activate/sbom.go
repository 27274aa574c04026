package main

import (
	"encoding/json"
	"io"
	"runtime/debug"
)

// bom is a bill of materials in CycloneDX 1.6
// (cyclonedx.org/docs/1.6/json), of what the linker recorded in this very file.
type bom struct {
	Format     string         `json:"bomFormat"`
	Spec       string         `json:"specVersion"`
	Version    int            `json:"version"`
	Metadata   bomMetadata    `json:"metadata"`
	Components []bomComponent `json:"components"`
}

type bomMetadata struct {
	Component bomComponent `json:"component"`
}

type bomComponent struct {
	Type    string        `json:"type"`
	Ref     string        `json:"bom-ref"`
	Name    string        `json:"name"`
	Version string        `json:"version"`
	PURL    string        `json:"purl"`
	Sums    []bomProperty `json:"properties,omitempty"`
}

type bomProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// writeBOM prints the bill of materials of this program: the Go release and
// every module that was linked in, with its checksum as go.sum has it.
func writeBOM(w io.Writer, info *debug.BuildInfo) error {
	doc := bom{
		Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata:   bomMetadata{Component: component("application", info.Main.Path, buildVersion(), "")},
		Components: []bomComponent{component("library", "std", info.GoVersion, "")},
	}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		doc.Components = append(doc.Components, component("library", dep.Path, dep.Version, dep.Sum))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

// component is one module, named by its package URL
// (github.com/package-url/purl-spec).
func component(kind, name, version, sum string) bomComponent {
	purl := "pkg:golang/" + name + "@" + version
	c := bomComponent{Type: kind, Ref: purl, Name: name, Version: version, PURL: purl}
	if sum != "" {
		c.Sums = []bomProperty{{Name: "go:sum", Value: sum}}
	}
	return c
}
