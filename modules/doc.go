// Package modules is the language: it reads HCL files, merges the definitions
// of many modules into one tree of blocks, evaluates what the host needs of it
// and gives the plain desired state.
//
// It owns everything that has to do with HCL and cty, and every message about
// a configuration. It refuses to look at the host: facts are handed in, and
// the only files it reads are configuration and what it names.
package modules
