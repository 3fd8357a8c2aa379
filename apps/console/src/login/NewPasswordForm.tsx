import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, body } from '../api/client.ts';
import { ApiProblem, faultText, problemText } from '../api/problem.ts';
import { basicCredentials, useSessionStart } from '../api/session.tsx';
import { TextField } from '../design/Field.tsx';
import { Notice } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';

interface NewPasswordFormProps {
  readonly username: string;
  /** Known right after a login that demanded a new one; asked for otherwise. */
  readonly currentPassword?: string;
  readonly onDone?: () => void;
}

/** Sets a new password, which also starts a new session. */
export function NewPasswordForm({ username, currentPassword, onDone }: NewPasswordFormProps) {
  const { t, formats } = usePreferences();
  const [current, setCurrent] = useState(currentPassword ?? '');
  const [wanted, setWanted] = useState('');
  const [repeated, setRepeated] = useState('');
  const [differs, setDiffers] = useState(false);
  const startSession = useSessionStart();
  const change = useMutation({
    mutationFn: async () => {
      const authorization = basicCredentials(username, current);
      await body(
        api.POST('/auth/password', { headers: { authorization }, body: { newPassword: wanted } }),
      );
      await startSession();
    },
    onSuccess: () => onDone?.(),
  });
  const refusals = change.error instanceof ApiProblem ? change.error.faults : [];
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setDiffers(wanted !== repeated);
        if (wanted === repeated) change.mutate();
      }}
    >
      {change.error && refusals.length === 0 && (
        <Notice tone="bad">{problemText(change.error, t, formats)}</Notice>
      )}
      {/* Password managers look for the name beside the new password. */}
      <input type="hidden" name="username" autoComplete="username" value={username} readOnly />
      {currentPassword === undefined && (
        <TextField
          label={t('password.current')}
          type="password"
          autoComplete="current-password"
          value={current}
          onChange={({ target }) => setCurrent(target.value)}
        />
      )}
      <TextField
        label={t('password.new')}
        type="password"
        autoComplete="new-password"
        hint={t('password.hint')}
        error={refusals.map((fault) => faultText(fault, t)).join(' ') || undefined}
        value={wanted}
        onChange={({ target }) => setWanted(target.value)}
      />
      <TextField
        label={t('password.repeat')}
        type="password"
        autoComplete="new-password"
        error={differs ? t('password.differs') : undefined}
        value={repeated}
        onChange={({ target }) => setRepeated(target.value)}
      />
      <button type="submit" className="button button-primary" disabled={change.isPending}>
        {change.isPending ? t('password.busy') : t('password.action')}
      </button>
    </form>
  );
}
