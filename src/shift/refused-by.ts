/**
 * What keeps a shift from beginning without being a finding of its preflight: a call that AWS denied, credentials that
 * have ended, an AWS that does not answer, something that is not there, a file that cannot be read. All of it is `refused`.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { type Denial, denialOf, statementsFor } from '../aws/denial.ts';
import { readForward, type WeightSplit } from '../aws/elb-forward.ts';
import type { ActionResult } from '../engine/action.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import type { Report } from '../report/report.ts';
import { refusedByAws } from '../rollout/refused-by-aws.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import { readDenied } from './denied-reads.ts';
import { cancelledEarly, refuseAs, type Subject } from './early-end.ts';
import type { Finding } from './preflight.ts';
import type { ShiftRun } from './run-plan.ts';

const nobody: Subject = {
  title: 'Blue/green shift',
  split: undefined,
  blue: '',
  green: '',
  greenService: undefined,
};

/** Rejects with the error where it is none of these, or where a shift was under way: then it is a defect. */
export async function refusedBy(run: ShiftRun, request: ShiftRequest, error: unknown): Promise<ActionResult> {
  const { changes, ports, briefly } = run;
  if (changes.isCarryingOut) throw error;
  if (!(error instanceof ConfigurationError || error instanceof AwsCallError)) throw error;
  const isAws = error instanceof AwsCallError;
  if (isAws && error.retryable && error.operation === 'ecs:RegisterTaskDefinition') {
    changes.made('Whether a revision was registered is not known.');
  }
  if (ports.runner.cancelled.aborted && isAws && error.retryable) return cancelledEarly(run, nobody);
  const subject = { ...nobody, split: await readSplit(briefly, request) };
  if (!isAws) return refuseAs(run, subject, [{ code: error.code, message: error.message }]);
  if (error.kind === 'access-denied') {
    const denials = (await readDenied(briefly, request, error, ports.clock.now())).map(denialOf);
    return explained(refuseAs(run, subject, deniedFindings(denials)), explainDenials(denials, request));
  }
  const { reason, remedy } = refusedByAws(error);
  const docs = `docs/troubleshooting.md#${error.kind}`;
  return explained(refuseAs(run, subject, [{ code: error.kind, message: reason }]), { remedy, docs });
}

/** As the rule has it now; undefined where that cannot be read either, or nothing is forwarded. */
async function readSplit(aws: AwsCaller, { location }: ShiftRequest): Promise<WeightSplit | undefined> {
  try {
    return (await readForward(aws, location)).split;
  } catch (error) {
    if (error instanceof AwsCallError || error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

function explained(result: ActionResult, more: Partial<Report>): ActionResult {
  const { report } = result;
  const sections = [...report.sections, ...(more.sections ?? [])];
  return { ...result, report: { ...report, ...more, sections } };
}

/** One for each of AWS's reasons, with all that it keeps from us. */
function deniedFindings(denials: readonly Denial[]): readonly Finding[] {
  const reasons = [...new Set(denials.map(({ why }) => why))];
  return reasons.map((why) => {
    const denied = denials.filter((each) => each.why === why);
    const actions = [...new Set(denied.map(({ action }) => action))];
    const named = actions.map((action) => {
      const resources = new Set(
        denied
          .filter((each) => each.action === action)
          .flatMap((each) => statementsFor([each], {}).flatMap(({ Resource }) => Resource.slice(-1))),
      );
      resources.delete('*');
      return resources.size === 0 ? action : `${action} on ${[...resources].join(' and ')}`;
    });
    const message = `${named.join(', ')} ${actions.length === 1 ? 'is' : 'are'} denied: ${why}.`;
    return { code: 'access-denied', message };
  });
}

function explainDenials(denials: readonly Denial[], { cluster, location }: ShiftRequest): Partial<Report> {
  const place = location.kind === 'rule' ? location.ruleArn : location.listenerArn;
  const [, , , REGION = '', ACCOUNT = ''] = place.split(':');
  const words = { REGION, ACCOUNT, CLUSTER: cluster?.slice(cluster.lastIndexOf('/') + 1) ?? 'CLUSTER' };
  const principal = denials.find((each) => each.principal !== undefined)?.principal;
  const isExplicit = denials.some((each) => each.isExplicit);
  const statements = statementsFor(
    denials.filter((each) => !each.isExplicit),
    words,
  );
  return {
    remedy: `Give the role of this job what is listed below: docs/iam/blue-green-shift.json is its whole policy.${
      isExplicit
        ? ' An explicit deny has to be taken out where it stands: no further permission outweighs it.'
        : ''
    }`,
    docs: 'docs/troubleshooting.md#access-denied',
    facts: principal === undefined ? [] : [['Asked as', principal]],
    sections:
      statements.length === 0
        ? []
        : [
            {
              kind: 'text',
              heading: 'What allows it, as in docs/iam/blue-green-shift.json',
              language: 'json',
              text: JSON.stringify(statements, undefined, 2),
            },
          ],
  };
}
