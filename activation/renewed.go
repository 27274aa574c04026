package activation

import (
	"fmt"

	"github.com/activate-agent/activate/activation/plan"
)

// isRenewed tells whether the record of p's target says something that the last
// one does not. A target that was recorded is that record.
func (p *Prepared) isRenewed() (bool, error) {
	if p.last == nil || !p.target.fresh() {
		return false, nil
	}
	for _, part := range p.parts {
		if part.Renewed != nil && part.Renewed() {
			return true, nil
		}
	}
	var settings Settings
	if raw, ok := p.last.Sections[SectionSettings]; ok {
		if err := plan.Unmarshal(raw, &settings); err != nil {
			return false, fmt.Errorf("cannot read the settings of generation %d: %w", p.last.Number, err)
		}
	}
	return settings != p.target.Settings, nil
}
