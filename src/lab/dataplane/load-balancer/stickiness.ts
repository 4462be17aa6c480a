/**
 * Target group stickiness: the cookie AWSALBTG names the group that a client stays with until it expires.
 * Its content is opaque to clients. Expiry is checked in virtual time by the load balancer itself.
 */
import { createHash } from 'node:crypto';

const stickinessCookie = 'AWSALBTG';

const fingerprints = new Map<string, string>();

function fingerprint(targetGroupArn: string): string {
  let value = fingerprints.get(targetGroupArn);
  if (value === undefined) {
    value = createHash('sha256').update(targetGroupArn).digest('hex').slice(0, 24);
    fingerprints.set(targetGroupArn, value);
  }
  return value;
}

/** The group that the client's cookie holds it to, if it is one of these and the cookie is still good. */
export function stickyGroup(
  cookieHeader: string | undefined,
  targetGroupArns: readonly string[],
  nowMs: number,
): string | undefined {
  const value = cookieHeader
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${stickinessCookie}=`))
    ?.slice(stickinessCookie.length + 1);
  const [mark, expiry] = value?.split('.') ?? [];
  if (mark === undefined || expiry === undefined || !(Number.parseInt(expiry, 36) > nowMs)) return undefined;
  return targetGroupArns.find((arn) => fingerprint(arn) === mark);
}

/**
 * The Set-Cookie value. `Max-Age` is in the client's seconds, so that clients on the real clock keep it as
 * long as the world does.
 */
export function stickinessSetCookie(
  targetGroupArn: string,
  nowMs: number,
  stickinessSeconds: number,
  scale: number,
): string {
  const expiry = Math.round(nowMs + stickinessSeconds * 1000).toString(36);
  const maxAgeSeconds = Math.max(1, Math.ceil(stickinessSeconds / scale));
  return `${stickinessCookie}=${fingerprint(targetGroupArn)}.${expiry}; Max-Age=${maxAgeSeconds}; Path=/`;
}
