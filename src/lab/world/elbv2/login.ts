/** What a rule does with a request, once its login is asked for. */
import type { RouteAction, RuleRoute } from '../contracts.ts';

/** A request that shows the session's cookie has logged in (Guide: Authenticate users, authentication flow). */
export function actionFor(rule: RuleRoute, cookies: string | undefined): RouteAction {
  const { login, action } = rule;
  if (login === undefined || hasCookie(cookies, login.cookie)) return action;
  return login.otherwise === 'deny'
    ? { kind: 'fixed-response', status: 401, contentType: 'text/html', body: '' }
    : { kind: 'redirect', status: 302, location: login.location };
}

function hasCookie(cookies: string | undefined, name: string): boolean {
  return (cookies ?? '').split(/; */).some((pair) => pair.startsWith(`${name}-`));
}
