package daemon

// Traits is how a unit wants to be treated, read from its definition.
type Traits struct {
	// RestartIfChanged false leaves a running unit as it is.
	RestartIfChanged bool
	// ReloadIfChanged reloads where a restart would be needed.
	ReloadIfChanged bool
	// StopIfChanged stops with the old definition and starts with the new.
	StopIfChanged bool
	// StopOnRemoval false keeps the process of a unit that is dropped.
	StopOnRemoval bool
	// StopOnReconfiguration stops a target in every switch that changes it.
	StopOnReconfiguration bool
	// NotSocketActivated starts the service although it has a socket.
	NotSocketActivated bool
	// ManualStartOnly and ManualStopRefused are RefuseManualStart and
	// X-OnlyManualStart, RefuseManualStop.
	ManualStartOnly   bool
	ManualStopRefused bool
	// CanReload says that the unit knows how to reload.
	CanReload bool
	// Passing says that the unit does its work and is inactive afterwards.
	Passing bool
	// Sockets are the sockets a service names itself.
	Sockets []string
	// Triggers is the unit that a socket, timer or path starts.
	Triggers string
	// Accept says that a socket starts an instance for each connection.
	Accept bool
}

// Effect is what a running unit needs for a change of its definition to show.
type Effect int

// The effects, in rising order.
const (
	// NoEffect is a change that nothing that runs can show.
	NoEffect Effect = iota
	// NeedsReload is one that a reload brings.
	NeedsReload
	// NeedsRestart is one that only a new start brings.
	NeedsRestart
	// NeedsStop is one that must stop the unit before the definition goes.
	NeedsStop
)

// Difference is the outcome of a comparison.
type Difference struct {
	Effect Effect
	// Reason is one short clause, "ExecStart changed"; empty when nothing
	// differs.
	Reason string
}
