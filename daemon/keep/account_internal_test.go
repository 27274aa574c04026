package keep

import (
	"path/filepath"
	"testing"
)

// TestUnreadableDatabase: a service does not run without its groups because the file
// that names them could not be read.
func TestUnreadableDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if entries, err := database(dir, 4); err == nil {
		t.Errorf("of a directory: %v, and no error", entries)
	}
	if entries, err := database(filepath.Join(dir, "missing"), 4); err != nil || len(entries) > 0 {
		t.Errorf("of a missing file: %v, %v", entries, err)
	}
}
