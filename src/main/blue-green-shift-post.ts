/**
 * Runs after the job, whatever happened. A run that came to its end says so in the action's state, and nothing
 * is done; one that was killed on the way is finished here.
 */
import { fields, parseBlueGreenShift } from '../inputs/blue-green-shift.ts';
import { runAction } from './action.ts';
import { announceShift } from './announce-shift.ts';
import { wasBegun } from './shift-marker.ts';

if (wasBegun(process.env)) {
  await runAction({
    name: 'blue-green-shift',
    inputNames: Object.keys(fields),
    parse: parseBlueGreenShift,
    roleOf: ({ roleToAssume }) => roleToAssume,
    announce: (request, ports) => announceShift(request, ports, true),
    load: async () => {
      const [{ recoverShift }, { shiftPorts }] = await Promise.all([
        import('../shift/recover.ts'),
        import('./shift-ports.ts'),
      ]);
      return async (request, ports) => {
        const result = await recoverShift(request, await shiftPorts(ports));
        // Outputs are the step's own: nobody reads those of a post step.
        return result === undefined ? undefined : { ...result, outputs: {} };
      };
    },
  });
}
