# Login shells find what users install. These are files of our own: no rc file
# that somebody else owns is edited.

option "shell_setup" {
  type        = bool
  default     = true
  description = "Puts the profiles' programs on the PATH of login shells, by a file in /etc/profile.d (and one for fish)."
  example     = false
}

etc "profile.d/nix.sh" {
  when = self.shell_setup
  path = "profile.d/activate-nix.sh"
  text = <<-EOT
    # Written by activate: what Nix profiles hold is found by login shells.
    if [ -n "$${HOME-}" ]; then
      for activate_nix_dir in /nix/var/nix/profiles/default "$HOME/.local/state/nix/profile" "$HOME/.nix-profile"; do
        case ":$${PATH-}:" in
          *":$activate_nix_dir/bin:"*) ;;
          *) if [ -d "$activate_nix_dir/bin" ]; then PATH="$activate_nix_dir/bin$${PATH:+:$PATH}"; fi ;;
        esac
      done
      unset activate_nix_dir
      export PATH
      NIX_PROFILES="/nix/var/nix/profiles/default $HOME/.nix-profile"
      export NIX_PROFILES
      if [ -z "$${NIX_SSL_CERT_FILE-}" ] && [ -e /etc/ssl/certs/ca-certificates.crt ]; then
        NIX_SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
        export NIX_SSL_CERT_FILE
      fi
    fi
  EOT
}

etc "fish/conf.d/activate-nix.fish" {
  when = self.shell_setup
  text = <<-EOT
    # Written by activate: what Nix profiles hold is found by fish.
    for dir in /nix/var/nix/profiles/default $HOME/.local/state/nix/profile $HOME/.nix-profile
        if test -d $dir/bin; and not contains $dir/bin $PATH
            set -gx PATH $dir/bin $PATH
        end
    end
    set -gx NIX_PROFILES "/nix/var/nix/profiles/default $HOME/.nix-profile"
  EOT
}
