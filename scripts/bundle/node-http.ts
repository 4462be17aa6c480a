/**
 * `import` of `node:http` makes Node read every export of it, and one of them, WebSocket, loads all of undici:
 * 25 ms on Node 24, more than an empty process takes. `require` reads none.
 */
import type { Plugin } from 'rolldown';

const stand = '\0node-http';

export function requireNodeHttp(): Plugin {
  return {
    name: 'require-node-http',
    resolveId: {
      filter: { id: /^(node:)?http$/ },
      handler: (_, importer) => (importer === stand ? { id: 'node:http', external: true } : stand),
    },
    load: {
      filter: { id: new RegExp(`^${stand}$`) },
      handler: () => `module.exports = require('node:http');\n`,
    },
  };
}
