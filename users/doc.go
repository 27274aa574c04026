// Package users makes a root's accounts match the desired ones: passwd, group,
// shadow, gshadow, the subordinate ids, and the ledger of every id ever given.
//
// It owns what is decided of them and their safe writing (under /etc/.pwd.lock,
// beside, fsynced, renamed), and refuses what it cannot read: a garbled or
// unreadable file stops the run and is never taken as empty. The files' formats,
// and foreign lines byte for byte, are users/accounts'.
package users
