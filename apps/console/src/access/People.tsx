import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { components } from '#console-api';
import { api, body } from '../api/client.ts';
import { useList } from '../api/use-list.ts';
import type { Column } from '../design/DataTable.tsx';
import { CopyField } from '../design/CopyField.tsx';
import { Dialog } from '../design/Dialog.tsx';
import { SelectField, TextField } from '../design/Field.tsx';
import { InfoDialog } from '../design/InfoDialog.tsx';
import { List } from '../design/List.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import './access.css';

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
  const [managed, setManaged] = useState<string>();
  const columns = useColumns(setManaged);
  const list = useList(PEOPLE, (cursor, signal) =>
    body(api.GET('/users', { params: { query: { ...(cursor && { cursor }) } }, signal })),
  );
  const person = list.items?.find(({ username }) => username === managed);
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
      {person && (
        <PersonDialog
          person={person}
          onClose={() => setManaged(undefined)}
          onSecret={(next) => {
            setManaged(undefined);
            setSecret(next);
          }}
        />
      )}
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

/** Those that the console knows, of what a pool may hold. */
function groupsIn(groups: readonly string[]): readonly Group[] {
  return GROUPS.filter((group) => groups.includes(group));
}

function useRefreshPeople() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: PEOPLE });
}

function useColumns(onManage: (username: string) => void): readonly Column<Person>[] {
  const { t, formats } = usePreferences();
  return [
    { id: 'name', title: t('login.username'), isHeading: true, show: ({ username }) => username },
    {
      id: 'group',
      title: t('people.group'),
      show: ({ groups }) =>
        groupsIn(groups)
          .map((group) => t(`group.${group}`))
          .join(', ') || '–',
    },
    {
      id: 'state',
      title: t('overview.column.state'),
      show: ({ enabled }) => (enabled ? t('people.enabled') : t('people.disabled')),
    },
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
      show: ({ username }) => (
        <button type="button" className="button" onClick={() => onManage(username)}>
          {t('people.manage')}
          <span className="visually-hidden"> {username}</span>
        </button>
      ),
    },
  ];
}

interface PersonDialogProps {
  readonly person: Person;
  readonly onClose: () => void;
  readonly onSecret: (secret: Secret) => void;
}

/** Everything that an administrator may do with an account, and what each of it does. */
function PersonDialog({ person, onClose, onSecret }: PersonDialogProps) {
  const { t } = usePreferences();
  const { username, enabled } = person;
  const [group] = groupsIn(person.groups);
  const params = { path: { username } };
  const refresh = useRefreshPeople();
  const change = useMutation({
    mutationFn: (wish: components['schemas']['PersonChange']) =>
      body(api.PATCH('/users/{username}', { params, body: wish })),
    onSettled: refresh,
  });
  const signOut = useMutation({
    mutationFn: () => body(api.POST('/users/{username}/sign-out', { params })),
  });
  const reset = useMutation({
    mutationFn: () => body(api.POST('/users/{username}/reset', { params })),
    onSuccess: ({ temporaryPassword }) => onSecret({ username, temporaryPassword }),
  });
  const error = change.error ?? signOut.error ?? reset.error;
  const isBusy = change.isPending || signOut.isPending || reset.isPending;
  return (
    <InfoDialog title={username} onClose={onClose}>
      {error && <Problem error={error} />}
      {signOut.isSuccess && <Notice>{t('people.signedOut')}</Notice>}
      <SelectField
        label={t('people.group')}
        hint={group && t(`group.${group}.hint`)}
        value={group ?? ''}
        disabled={isBusy}
        onChange={({ target }) => change.mutate({ group: target.value as Group })}
      >
        {!group && <option value="">–</option>}
        {GROUPS.map((each) => (
          <option key={each} value={each}>
            {t(`group.${each}`)}
          </option>
        ))}
      </SelectField>
      <ul className="person-deeds">
        <Deed
          text={t('people.signOut.text')}
          action={t('people.signOut')}
          isBusy={isBusy}
          onDo={() => signOut.mutate()}
        />
        <Deed
          text={t('people.reset.text')}
          action={t('people.reset')}
          isBusy={isBusy}
          onDo={() => reset.mutate()}
        />
        <Deed
          text={enabled ? t('people.disable.text') : t('people.enable.text')}
          action={enabled ? t('people.disable') : t('people.enable')}
          isBusy={isBusy}
          isDanger={enabled}
          onDo={() => change.mutate({ enabled: !enabled })}
        />
      </ul>
    </InfoDialog>
  );
}

interface DeedProps {
  readonly text: string;
  readonly action: string;
  readonly isBusy: boolean;
  readonly isDanger?: boolean;
  readonly onDo: () => void;
}

function Deed({ text, action, isBusy, isDanger = false, onDo }: DeedProps) {
  return (
    <li>
      <p className="quiet">{text}</p>
      <button
        type="button"
        className={isDanger ? 'button button-danger' : 'button'}
        disabled={isBusy}
        onClick={onDo}
      >
        {action}
      </button>
    </li>
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
    <InfoDialog
      title={t('people.secret.title', { username: secret.username })}
      action={t('keys.kept')}
      isShownOnce
      onClose={onClose}
    >
      <Notice tone="warn">{t('people.secret.text')}</Notice>
      <CopyField label={t('people.secret.label')} text={secret.temporaryPassword} />
    </InfoDialog>
  );
}
