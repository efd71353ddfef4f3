import Testing

@testable import Credentials

@Suite struct AWSProfilesTests {
    @Test func readsTheConfigFile() {
        let profiles = AWSProfiles(
            """
            # a comment
            [default]
            region = eu-west-1
            aws_access_key_id=AKID ; the first
            AWS_SECRET_ACCESS_KEY = a#b=c/d+e
            s3 =
              max_concurrent_requests = 20
              aws_session_token = nested
            output = json

            [profile "with space"]
            \tregion = us-east-1
            \taws_access_key_id = AKID2
            [sso-session corp]
            sso_region = us-east-1
            [other]
            aws_access_key_id = not a profile here
            """,
            .config
        )
        #expect(Set(profiles.settings.keys) == ["default", "with space"])
        #expect(
            profiles.settings["default"] == [
                "region": "eu-west-1", "aws_access_key_id": "AKID", "aws_secret_access_key": "a#b=c/d+e", "s3": "",
                "output": "json",
            ]
        )
        #expect(profiles.settings["with space"] == ["region": "us-east-1", "aws_access_key_id": "AKID2"])
    }

    @Test func readsTheCredentialsFile() {
        let profiles = AWSProfiles(
            "[a]\r\naws_access_key_id = 1\r\n[profile b]\r\naws_access_key_id = 2\r\n[a]\r\nregion = x",
            .credentials
        )
        #expect(
            profiles.settings == [
                "a": ["aws_access_key_id": "1", "region": "x"], "profile b": ["aws_access_key_id": "2"],
            ]
        )
    }

    @Test(arguments: ["", "no section = 1", "[unclosed\nx = 1", "[]\n=\n==", "[a]\n  \n\t\n=x", "]["])
    func passesOverWhatIsNoSetting(text: String) {
        let settings = AWSProfiles(text, .credentials).settings.values.flatMap(\.keys).filter { !$0.isEmpty }
        #expect(settings.isEmpty)
    }

    @Test func theCredentialsFileWins() {
        let config = AWSProfiles("[profile a]\nregion = r\naws_access_key_id = c", .config)
        let credentials = AWSProfiles("[a]\naws_access_key_id = k", .credentials)
        #expect(config.merged(with: credentials).settings["a"] == ["region": "r", "aws_access_key_id": "k"])
    }
}
