'use strict';
// Loaded with `node --require` into every task that runs as a process. Gives the task what a container's
// network gives it: its own ports. LAB_PORT_MAP="5000=43121,9090=43122": listening on 5000 listens on
// 127.0.0.1:43121, and localhost:5000 of the task is there. Any other fixed port becomes a free one.
// Also the lifeline: descriptor 3 is a pipe from the lab; when the lab is gone, so is this process.
const net = require('node:net');

const ports = new Map();
for (const pair of (process.env.LAB_PORT_MAP ?? '').split(',')) {
  const [from, to] = pair.split('=').map(Number);
  if (from > 0 && to > 0) ports.set(from, to);
}
const mapped = new Set(ports.values());
const loopback = '127.0.0.1';

if (ports.size > 0 || process.env.LAB_PORT_MAP !== undefined) {
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (...args) {
    return listen.apply(this, mappedListenArguments(args));
  };
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    // Node's own callers pass the arguments as one list that they have marked.
    if (Array.isArray(args[0])) redirect(args[0][0]);
    else if (typeof args[0] === 'object' && args[0] !== null) args[0] = redirect({ ...args[0] });
    else if (ports.has(Number(args[0])) && (typeof args[1] !== 'string' || isLocal(args[1]))) {
      args[0] = ports.get(Number(args[0]));
    }
    return connect.apply(this, args);
  };
}

function isLocal(host) {
  return host === undefined || ['localhost', '127.0.0.1', '0.0.0.0', '::1', '::'].includes(host);
}

function redirect(options) {
  const port = Number(options?.port);
  if (ports.has(port) && isLocal(options.host)) {
    options.port = ports.get(port);
    options.host = loopback;
  }
  return options;
}

function realPort(port) {
  const asked = Number(port);
  if (ports.has(asked)) return ports.get(asked);
  return mapped.has(asked) ? asked : 0;
}

function mappedListenArguments(args) {
  const [first, ...rest] = args;
  if (first !== null && typeof first === 'object') {
    if (first.port === undefined || first.fd !== undefined || first.path !== undefined) return args;
    return [{ ...first, port: realPort(first.port), host: loopback }, ...rest];
  }
  const isPort = typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first));
  if (!isPort) return args;
  const others = typeof rest[0] === 'string' || rest[0] === undefined ? rest.slice(1) : rest;
  return [realPort(first), loopback, ...others];
}

try {
  const lifeline = new net.Socket({ fd: 3, readable: true, writable: false });
  lifeline.on('error', () => {});
  lifeline.on('close', () => process.kill(process.pid, 'SIGKILL'));
  lifeline.resume();
  lifeline.unref();
} catch {
  // A process that the task itself started: its parent, or the lab's reaper, ends it.
}
