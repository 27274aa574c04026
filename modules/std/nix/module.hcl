module "nix" {
  description = "A multi-user Nix: build users, store directories, nix.conf, and the daemon behind its socket"
}
