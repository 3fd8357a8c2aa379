import {
  at,
  listOf,
  objectOf,
  textOf,
  type Json,
  type JsonObject,
  type StackTemplate,
} from './templates.ts';

/** One permission of one role: an action on the resources as the template writes them. */
export interface Permission {
  readonly role: string;
  readonly action: string;
  readonly resources: readonly string[];
}

/** Everything that identities may do (what resources let others do is not in it). */
export function permissionsOf(stack: StackTemplate): readonly Permission[] {
  return stack.ofType('AWS::IAM::Policy').flatMap(({ properties }) => {
    const roles = listOf(properties['Roles']).map((role) => textOf(at(role, 'Ref')));
    const statements = listOf(at(properties, 'PolicyDocument.Statement')).map(objectOf);
    return roles.flatMap((role) => statements.flatMap((one) => permissionsOfStatement(role, one)));
  });
}

/** Those of the role whose logical id begins so. */
export function permissionsOfRole(stack: StackTemplate, idPrefix: string): readonly Permission[] {
  const found = permissionsOf(stack).filter(({ role }) => role.startsWith(idPrefix));
  if (found.length === 0) throw new Error(`no permissions of ${idPrefix}`);
  return found;
}

function permissionsOfStatement(role: string, statement: JsonObject): readonly Permission[] {
  if (statement['Effect'] !== 'Allow') return [];
  const resources = listOf(statement['Resource']).map((resource) => shown(resource));
  return listOf(statement['Action']).map((action) => ({ role, action: textOf(action), resources }));
}

/** An ARN in one line: `arn:aws:dynamodb:eu-central-1:<AWS::AccountId>:table/…`. */
export function shown(value: Json): string {
  if (typeof value === 'string') return value;
  const joined = at(value, 'Fn::Join.1');
  if (joined !== undefined) return listOf(joined).map(shown).join('');
  const attribute = at(value, 'Fn::GetAtt');
  if (attribute !== undefined) return `<${listOf(attribute).map(textOf).join('.')}>`;
  const reference = at(value, 'Ref');
  return reference === undefined ? JSON.stringify(value) : `<${textOf(reference)}>`;
}
