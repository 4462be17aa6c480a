/** Entry of the blue-green-shift action. */
import { fields, parseBlueGreenShift } from '../inputs/blue-green-shift.ts';
import { runAction } from './action.ts';
import { isPostStep } from './step.ts';

if (isPostStep()) {
  await import('./blue-green-shift-post.ts');
} else {
  await runAction({
    name: 'blue-green-shift',
    inputNames: Object.keys(fields),
    parse: parseBlueGreenShift,
    load: async () => {
      const [{ executeShift }, { shiftPorts }] = await Promise.all([
        import('../shift/execute.ts'),
        import('./shift-ports.ts'),
      ]);
      return async (request, ports) => executeShift(request, await shiftPorts(ports));
    },
  });
}
