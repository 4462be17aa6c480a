/** Entry of the blue-green-shift action. */
import { fields, parseBlueGreenShift } from '../inputs/blue-green-shift.ts';
import { runAction } from './action.ts';

await runAction({
  name: 'blue-green-shift',
  inputNames: Object.keys(fields),
  parse: parseBlueGreenShift,
  load: async () => {
    const [{ executeShift }, { createHttpProber }, { runCheck }, { workspaceFiles }, { randomBytes }] =
      await Promise.all([
        import('../shift/execute.ts'),
        import('../shift/http-prober.ts'),
        import('../shift/check-runner.ts'),
        import('./workspace-files.ts'),
        import('node:crypto'),
      ]);
    return (request, ports) =>
      executeShift(request, {
        ...ports,
        ...workspaceFiles(ports.context.workspace, ports.redact),
        drawSecret: () => randomBytes(24).toString('hex'),
        runCheck,
        createProber: ({ plan: { probes, testRule }, headerValue }) =>
          createHttpProber({ ...probes, header: testRule.header, headerValue }),
      });
  },
});
