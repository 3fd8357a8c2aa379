import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { components } from '#console-api';
import { api, body } from '../api/client.ts';
import { useList } from '../api/use-list.ts';
import type { Column } from '../design/DataTable.tsx';
import { CopyField } from '../design/CopyField.tsx';
import { Dialog } from '../design/Dialog.tsx';
import { SelectField, TextField } from '../design/Field.tsx';
import { List } from '../design/List.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import './people.css';

type Person = components['schemas']['Person'];
type Group = components['schemas']['NewPerson']['group'];

const GROUPS: readonly Group[] = ['viewers', 'operators', 'admins'];
const PEOPLE = ['users'] as const;

interface Secret {
  readonly username: string;
  readonly temporaryPassword: string;
}

/** People and what they may: invited, moved, disabled, helped with a forgotten password. */
export function People() {
  const { t } = usePreferences();
  const [isInviting, setIsInviting] = useState(false);
  const [secret, setSecret] = useState<Secret>();
  const columns = useColumns(setSecret);
  const list = useList(PEOPLE, (cursor, signal) =>
    body(api.GET('/users', { params: { query: { ...(cursor && { cursor }) } }, signal })),
  );
  return (
    <section className="stack">
      <div className="actions">
        <button type="button" className="button button-primary" onClick={() => setIsInviting(true)}>
          {t('people.invite')}
        </button>
      </div>
      <List
        caption={t('access.people')}
        columns={columns}
        list={list}
        keyOf={({ username }) => username}
        empty={null}
      />
      {isInviting && (
        <InviteDialog
          onClose={() => setIsInviting(false)}
          onInvited={(invited) => {
            setIsInviting(false);
            setSecret(invited);
          }}
        />
      )}
      {secret && <SecretDialog secret={secret} onClose={() => setSecret(undefined)} />}
    </section>
  );
}

function useRefreshPeople() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: PEOPLE });
}

function useColumns(onSecret: (secret: Secret) => void): readonly Column<Person>[] {
  const { t, formats } = usePreferences();
  return [
    { id: 'name', title: t('login.username'), isHeading: true, show: ({ username }) => username },
    { id: 'group', title: t('people.group'), show: (person) => <GroupSelect person={person} /> },
    {
      id: 'since',
      title: t('people.since'),
      kind: 'fit',
      show: ({ createdAt }) => formats.instant(Date.parse(createdAt)),
    },
    {
      id: 'actions',
      title: t('people.actions'),
      kind: 'fit',
      show: (person) => <PersonActions person={person} onSecret={onSecret} />,
    },
  ];
}

function useChange({ username }: Person) {
  const refresh = useRefreshPeople();
  return useMutation({
    mutationFn: (change: components['schemas']['PersonChange']) =>
      body(api.PATCH('/users/{username}', { params: { path: { username } }, body: change })),
    onSettled: refresh,
  });
}

function GroupSelect({ person }: { readonly person: Person }) {
  const { t } = usePreferences();
  const change = useChange(person);
  return (
    <>
      <select
        className="input person-group"
        aria-label={`${t('people.group')}: ${person.username}`}
        value={person.groups[0] ?? ''}
        disabled={change.isPending}
        onChange={({ target }) => change.mutate({ group: target.value as Group })}
      >
        {person.groups.length === 0 && <option value="">–</option>}
        {GROUPS.map((group) => (
          <option key={group} value={group}>
            {t(`group.${group}`)}
          </option>
        ))}
      </select>
      {change.error && <Problem error={change.error} />}
    </>
  );
}

interface PersonActionsProps {
  readonly person: Person;
  readonly onSecret: (secret: Secret) => void;
}

function PersonActions({ person, onSecret }: PersonActionsProps) {
  const { t } = usePreferences();
  const { username, enabled } = person;
  const change = useChange(person);
  const reset = useMutation({
    mutationFn: () => body(api.POST('/users/{username}/reset', { params: { path: { username } } })),
    onSuccess: ({ temporaryPassword }) => onSecret({ username, temporaryPassword }),
  });
  return (
    <div className="actions person-actions">
      <button
        type="button"
        className="button"
        disabled={change.isPending}
        onClick={() => change.mutate({ enabled: !enabled })}
      >
        {enabled ? t('people.disable') : t('people.enable')}
        <span className="visually-hidden"> {username}</span>
      </button>
      <button
        type="button"
        className="button"
        disabled={reset.isPending}
        onClick={() => reset.mutate()}
      >
        {t('people.reset')}
        <span className="visually-hidden"> {username}</span>
      </button>
      {(change.error ?? reset.error) && <Problem error={change.error ?? reset.error} />}
    </div>
  );
}

interface InviteDialogProps {
  readonly onClose: () => void;
  readonly onInvited: (secret: Secret) => void;
}

function InviteDialog({ onClose, onInvited }: InviteDialogProps) {
  const { t } = usePreferences();
  const [username, setUsername] = useState('');
  const [group, setGroup] = useState<Group>('viewers');
  const refresh = useRefreshPeople();
  const invite = useMutation({
    mutationFn: () => body(api.POST('/users', { body: { username, group } })),
    onSuccess: async (invited) => {
      onInvited(invited);
      await refresh();
    },
  });
  return (
    <Dialog title={t('people.invite')} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          invite.mutate();
        }}
      >
        {invite.error && <Problem error={invite.error} />}
        <TextField
          label={t('login.username')}
          autoCapitalize="none"
          autoComplete="off"
          required
          value={username}
          onChange={({ target }) => setUsername(target.value)}
        />
        <SelectField
          label={t('people.group')}
          hint={t(`group.${group}.hint`)}
          value={group}
          onChange={({ target }) => setGroup(target.value as Group)}
        >
          {GROUPS.map((each) => (
            <option key={each} value={each}>
              {t(`group.${each}`)}
            </option>
          ))}
        </SelectField>
        <div className="actions">
          <button
            type="submit"
            className="button button-primary"
            disabled={invite.isPending || username === ''}
          >
            {t('people.invite')}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {t('app.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function SecretDialog({
  secret,
  onClose,
}: {
  readonly secret: Secret;
  readonly onClose: () => void;
}) {
  const { t } = usePreferences();
  return (
    <Dialog title={t('people.secret.title', { username: secret.username })}>
      <div className="form">
        <Notice tone="warn">{t('people.secret.text')}</Notice>
        <CopyField label={t('people.secret.label')} text={secret.temporaryPassword} />
        <button type="button" className="button button-primary" onClick={onClose}>
          {t('keys.kept')}
        </button>
      </div>
    </Dialog>
  );
}
