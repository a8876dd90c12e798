//! `/`: one plain page that says what runs and where to go.

use axum::{
    http::header::CONTENT_SECURITY_POLICY,
    response::{Html, IntoResponse},
};

pub(super) async fn page() -> impl IntoResponse {
    (
        [(
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        )],
        Html(PAGE),
    )
}

const PAGE: &str = concat!(
    r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Herald</title>
<style>
:root { color-scheme: light dark; font: 17px/1.55 system-ui, sans-serif }
body { max-width: 38rem; margin: 12vh auto; padding: 0 1.25rem }
h1 { margin-bottom: 0; letter-spacing: -.01em }
h1 small { font-size: .95rem; font-weight: normal; opacity: .7 }
code { font-size: .9em; padding: .1em .3em; border-radius: .3em; background: rgb(128 128 128 / .15) }
li { margin: .4rem 0 }
</style>
<h1>Herald <small>"#,
    env!("CARGO_PKG_VERSION"),
    r#"</small></h1>
<p>This server is running. It links WhatsApp accounts and finds their groups and contacts for programs that call its API.</p>
<ul>
<li><code>/api/trpc</code>: the typed API, for <code>@trpc/client</code> with superjson. <code>herald typescript</code> prints its types.</li>
<li><code>/api/auth</code>: sign up, sign in, sign out, as the better-auth client calls them.</li>
<li><a href="/health/ready"><code>/health/ready</code></a>: whether database and WhatsApp engine answer.</li>
</ul>
<p>New here? Whoever runs this server adds accounts with <code>herald user add</code> and approves sign-ups with <code>herald user approve</code>.</p>
<p>Herald is an unofficial client and not affiliated with WhatsApp.</p>
"#
);
