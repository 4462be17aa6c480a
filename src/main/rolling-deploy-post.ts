/**
 * Runs at the end of the job, whatever became of the step. After a step that came to its end there is nothing
 * to do, and no more is loaded than this.
 */
import { handoverState, parseHandover } from '../rollout/handover.ts';

const rollouts = parseHandover(process.env[`STATE_${handoverState}`] ?? '');
// Of the announcer (../announce/announcer.ts), which is not loaded for this.
const untold = (process.env['STATE_ips-github-deployment'] ?? '') !== '';
if (rollouts.length > 0 || untold) {
  const { runPost } = await import('./run-post.ts');
  await runPost('rolling-deploy', rollouts);
}
