// Package accounts reads a root's account files and edits them in memory: passwd(5),
// group(5), shadow(5), gshadow(5), subuid(5) and subgid(5).
//
// It owns their formats. A line that nobody edits stays byte for byte as it was,
// whatever it holds; a line that has not the form of an entry is carried along and
// never taken for one. It is the only importer of runc's libcontainer/user, whose
// parser makes uid 0 of a garbled line. It refuses files with NUL bytes, and larger
// ones than FileLimit. It writes nothing, and does not know what anybody wants of
// the accounts: that is package users.
package accounts
