/** The user's own checks: a step is passed when all of them have said yes. */
import { describeCheck } from '../own-check.ts';
import { fail, type Gate, hold, pass } from './gate.ts';

export const ownCheckGate: Gate = ({ plan, state, now }) => {
  const { phase } = state;
  if (phase.kind !== 'bake' || plan.checks.length === 0) return pass;
  const answers = plan.checks.map((check, index) => ({
    name: describeCheck(check),
    result: state.checks.find((fact) => fact.step === phase.step && fact.check === index)?.result,
  }));
  for (const { name, result } of answers) {
    if (result?.kind === 'failed') return fail('own-check', `The check ${name} says no: ${result.detail}.`);
  }
  // While the step bakes there is nothing to wait for: they are asked at its end.
  if (now - phase.since < plan.steps[phase.step]!.bakeTimeMs) return pass;
  for (const { name, result } of answers) {
    if (result === undefined || result.kind === 'running') return hold(`the check ${name} is still running`);
    if (result.kind === 'inconclusive') return hold(`the check ${name} could not tell (${result.detail})`);
  }
  return pass;
};
