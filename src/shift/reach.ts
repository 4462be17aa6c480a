/** Can probes get to the load balancer at all? */
import type { ShiftPlan } from './plan.ts';
import type { Refusal } from './preflight.ts';
import { wrongName } from './prober.ts';
import type { ShiftRun } from './run-plan.ts';

const reachTries = 3;
const reachPauseMs = 1000;

/** Asked of production's rule; any answer is one. */
export async function checkReach(run: ShiftRun, plan: ShiftPlan): Promise<readonly Refusal[]> {
  const { clock, runner } = run.ports;
  const { baseUrl, count, perStep, paths } = plan.probes;
  if (count === 0 && perStep === 0) return [];
  const prober = run.ports.createProber({ plan, headerValue: 'preflight' });
  let reason = '';
  for (let attempt = 1; attempt <= reachTries; attempt++) {
    const answer = await prober.probe(paths[0] ?? '/', runner.cancelled);
    if (answer === undefined || answer.kind === 'answered') return [];
    reason = answer.reason;
    if (attempt < reachTries) await clock.sleep(reachPauseMs, runner.cancelled);
  }
  const ways = reason.startsWith(wrongName)
    ? 'Give probe-host, the name that clients use: it is asked for in the TLS connection and as Host.'
    : 'Let a one-off task in the VPC send them (probe-from: vpc-task and probe-task-definition), run the job inside the VPC (a self-hosted runner), give a probe-url that is reachable, or send no probes (probe-count: 0, probes-per-step: 0).';
  const message = `Probes cannot reach ${baseUrl} from this runner (${reason}). ${ways}`;
  return [{ code: 'unreachable', message }];
}
