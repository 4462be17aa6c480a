/** What a shift needs besides AWS: randomness, files, probes, the user's own checks. */
import type { ShiftPorts } from '../shift/execute.ts';
import type { EntryPorts } from './action.ts';
import { withMarker } from './shift-marker.ts';

export async function shiftPorts(ports: EntryPorts): Promise<ShiftPorts> {
  const [{ createHttpProber }, { runCheck }, { workspaceFiles }, { randomBytes }] = await Promise.all([
    import('../shift/http-prober.ts'),
    import('../shift/check-runner.ts'),
    import('./workspace-files.ts'),
    import('node:crypto'),
  ]);
  return {
    ...ports,
    runner: withMarker(ports.runner, process.env),
    ...workspaceFiles(ports.context.workspace, ports.redact),
    drawSecret: () => randomBytes(24).toString('hex'),
    runCheck,
    createProber: ({ plan: { probes, testRule }, headerValue }) =>
      createHttpProber({ ...probes, header: testRule.header, headerValue }),
  };
}
