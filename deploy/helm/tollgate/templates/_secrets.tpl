{{/* The data of a Secret that is there, as JSON: empty where there is none, or where nobody may look. */}}
{{- define "tollgate.kept" -}}
{{- with lookup "v1" "Secret" .root.Release.Namespace .name }}{{ toJson .data }}{{ end }}
{{- end }}

{{/* 256 random bits in base64url, the form of `tollgate keys init`. */}}
{{- define "tollgate.token" -}}
{{- randBytes 32 | replace "+" "-" | replace "/" "_" | trimSuffix "=" }}
{{- end }}

{{/* The public half of a P-256 key in PEM. There is no function for it: a certificate has it, between 26 bytes that every
     such key begins with (RFC 5480: id-ecPublicKey, prime256v1) and 65 bytes of its point. */}}
{{- define "tollgate.public" -}}
{{- $certificate := genSelfSignedCertWithKey "tollgate" nil nil 1 . }}
{{- $der := regexReplaceAll "-----[A-Z ]+-----|\\s" $certificate.Cert "" | b64dec }}
{{- $head := b64dec "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA=" }}
{{- $key := print $head (index (splitList $head $der) 1 | substr 0 65) | b64enc -}}
-----BEGIN PUBLIC KEY-----
{{ substr 0 64 $key }}
{{ substr 64 124 $key }}
-----END PUBLIC KEY-----
{{ end }}
