// Package users makes a root's accounts match the desired ones: passwd, group,
// shadow, gshadow, the subordinate ids, and the ledger of every id ever given.
//
// It owns those files' formats and their safe writing (under /etc/.pwd.lock,
// beside, fsynced, renamed; foreign lines byte for byte) and refuses what it
// cannot read: a garbled or unreadable file stops the run and is never taken
// as empty. It is the only importer of runc's libcontainer/user.
package users
