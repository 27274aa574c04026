package users

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// LedgerName is the file of the ledger of ids in the state directory.
const LedgerName = "ids.json"

func ledgerPath(stateDir string) string { return path.Join(stateDir, LedgerName) }

// LedgerFormats are the formats that the ledger has had. The second one brought
// passwords, locked and departed accounts, and what was carried to another id;
// the first may have them, too, for its last programs wrote them already.
func LedgerFormats() plan.Formats {
	return plan.Formats{Key: "version", Steps: []plan.Step{nil}}
}

// RenewLedger gives the document of a ledger of any format that is known, as
// this program writes it.
func RenewLedger(doc []byte) ([]byte, error) {
	l, err := parseLedger(doc)
	if err != nil {
		return nil, err
	}
	return l.encode(), nil
}

// readLedger reads the ledger; a missing one is an error that wraps
// fs.ErrNotExist. One that can't be read is never empty: ids would be given
// twice.
func readLedger(root *rootfs.Root, stateDir string) (*ledger, error) {
	p := ledgerPath(stateDir)
	data, err := root.ReadFile(p, accounts.FileLimit)
	if rootfs.NotRegular(err) {
		return nil, fmt.Errorf("cannot read %s: %w; %s", root.Name(p), rootfs.Reason(err), ledgerAnew)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", root.Name(p), rootfs.Reason(err))
	}
	l, err := parseLedger(data)
	if _, newer := errors.AsType[*plan.NewerError](err); newer {
		return nil, fmt.Errorf("cannot read %s: %w; use the activate that wrote it, or a newer one", root.Name(p), err)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w; %s", root.Name(p), err, ledgerAnew)
	}
	return l, nil
}

// ledgerAnew is the way out where the ledger is damaged.
const ledgerAnew = "restore it, or move it away to have it made anew from the generations that are left"

func parseLedger(data []byte) (*ledger, error) {
	l := &ledger{}
	if err := LedgerFormats().Decode(data, l); err != nil {
		return nil, err
	}
	l.complete()
	return l, nil
}

// encode is the ledger as a document of the current format.
func (l *ledger) encode() []byte {
	l.Version = LedgerFormats().Current()
	data, err := json.MarshalIndent(l, "", " ")
	if err != nil {
		panic("internal error: cannot encode the ledger: " + err.Error())
	}
	return append(data, '\n')
}
