/** What clients of the example do: the steady load of the journey, and of whoever measures under it. */
import type { LoadRoute } from '../dataplane/load/load-generator.ts';

export const userRoutes: readonly [LoadRoute, ...LoadRoute[]] = [
  { method: 'GET', path: '/api/v1/sessions', weight: 6 },
  {
    method: 'POST',
    path: '/api/v1/sessions',
    weight: 3,
    body: '{"userId":"u-1"}',
    headers: { 'content-type': 'application/json' },
  },
  { method: 'GET', path: '/api/v1/imu-data/none', weight: 1 },
];
