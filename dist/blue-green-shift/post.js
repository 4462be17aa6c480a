// The post step of an action is its own bundle, told so: the SDK is on disk once, not twice.
globalThis[Symbol.for('ips-deploy-actions.post')] = true;
await import('./index.js');
