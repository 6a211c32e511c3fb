using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "peer", worker = .peer),
    (name = "objects", disk = (writable = true)),
  ],
  sockets = [(name = "http", http = (), service = "peer")],
);

const peer :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  durableObjectNamespaces = [(className = "Actor", uniqueKey = "actor", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [(name = "ACTORS", durableObjectNamespace = "Actor")],
);
