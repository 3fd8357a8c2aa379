import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, body } from '../api/client.ts';
import { ApiProblem, problemText } from '../api/problem.ts';
import { basicCredentials, useSessionStart } from '../api/session.tsx';
import { TextField } from '../design/Field.tsx';
import { Notice } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { NewPasswordForm } from './NewPasswordForm.tsx';

/** Name and password; where the account demands it, a new password right after. */
export function LoginForm({ username: known = '' }: { readonly username?: string }) {
  const { t, formats } = usePreferences();
  const [username, setUsername] = useState(known);
  const [password, setPassword] = useState('');
  const [isMissing, setIsMissing] = useState(false);
  const startSession = useSessionStart();
  const login = useMutation({
    mutationFn: async () => {
      const authorization = basicCredentials(username, password);
      await body(api.POST('/auth/login', { headers: { authorization } }));
      await startSession();
    },
  });
  if (isCode(login.error, 'password-change-required')) {
    return (
      <div className="form">
        <Notice>{t('password.first')}</Notice>
        <NewPasswordForm username={username} currentPassword={password} />
      </div>
    );
  }
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const isComplete = username !== '' && password !== '';
        setIsMissing(!isComplete);
        if (isComplete) login.mutate();
      }}
    >
      {isMissing && <Notice tone="bad">{t('login.missing')}</Notice>}
      {!isMissing && login.error && (
        <Notice tone="bad">{problemText(login.error, t, formats)}</Notice>
      )}
      <TextField
        label={t('login.username')}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus={known === ''}
        value={username}
        onChange={({ target }) => setUsername(target.value)}
      />
      <TextField
        label={t('login.password')}
        type="password"
        autoComplete="current-password"
        data-first-focus={known !== '' || undefined}
        value={password}
        onChange={({ target }) => setPassword(target.value)}
      />
      <button type="submit" className="button button-primary" disabled={login.isPending}>
        {login.isPending ? t('login.busy') : t('login.action')}
      </button>
    </form>
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof ApiProblem && error.code === code;
}
