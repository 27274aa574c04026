# Recurring jobs: a command, and when it runs.

module "timers" {
  description = "Recurring jobs: a service and a timer for each"
}

option "job" {
  labelled    = true
  description = "One job; its label is the name of the service and the timer."
  option "command" {
    type        = list(string)
    description = "The command, word by word, no shell."
    example     = ["/usr/local/bin/backup", "--all"]
  }
  option "on_calendar" {
    type        = list(string)
    default     = ["daily"]
    description = "Times as systemd.time(7) writes them."
    example     = ["Mon..Fri 03:00"]
  }
  option "persistent" {
    type        = bool
    default     = true
    description = "Makes up for a time that passed while the host was off."
    example     = false
  }
  option "user" {
    type        = string
    default     = "root"
    description = "As whom it runs."
    example     = "backup"
  }
  option "description" {
    type        = string
    nullable    = true
    description = "One line on what it is."
    example     = "Nightly backup"
  }
  option "environment" {
    type        = map(string)
    default     = {}
    description = "Variables and their values."
    example     = { LANG = "C.UTF-8" }
  }
}

service "job" {
  for_each    = self.job
  name        = each.key
  description = each.value.description == null ? "The job ${each.key}" : each.value.description
  user        = each.value.user
  environment = each.value.environment
  oneshot {
    start = each.value.command
  }
}

timer "job" {
  for_each    = self.job
  name        = each.key
  description = each.value.description == null ? "When the job ${each.key} runs" : each.value.description
  on_calendar = each.value.on_calendar
  persistent  = each.value.persistent
}
