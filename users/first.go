package users

// keepFirst keeps the content of a file before the first of all runs, where the
// order of its lists has to be known again.
func (s *Subsystem) keepFirst(f accountFile, key string) error {
	if f.path != groupPath && f.path != gshadowPath || s.cfg.Store.Has(key) {
		return nil
	}
	return saving{s: s}.put(key, (*f.doc).bytes())
}

// firstList is the member list of a group before the first of all runs, nil
// when it is not known.
func (e *edit) firstList(f accountFile, group string) []string {
	d, read := e.first[f.path]
	if !read {
		d = e.firstDocument(f)
		if e.first == nil {
			e.first = map[string]*document{}
		}
		e.first[f.path] = d
	}
	if d == nil || d.find(group) == nil {
		return nil
	}
	return list(d.find(group).field(grMembers))
}

func (e *edit) firstDocument(f accountFile) *document {
	key := e.ledger.Before[f.path].File
	if key == "" || !e.s.cfg.Store.Has(key) {
		return nil
	}
	data, err := openSecret(e.s.cfg.Store, key)
	if err != nil {
		return nil
	}
	d, err := parseDocument(data, f.check)
	if err != nil {
		return nil
	}
	return d
}
